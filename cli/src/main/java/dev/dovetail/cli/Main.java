package dev.dovetail.cli;

/** The program {@code dovetail}. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    System.exit(Cli.run(Arguments.repaired(args, Arguments.COMMAND_LINE), Console.ofProcess()));
  }
}
