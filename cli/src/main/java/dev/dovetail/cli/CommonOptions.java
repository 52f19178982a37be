package dev.dovetail.cli;

import picocli.CommandLine.Option;

/** What every command understands. */
final class CommonOptions {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      order = 100,
      description = "Show this help.")
  private boolean help;

  @Option(
      names = {"-v", "--verbose"},
      order = 101,
      description = "Show where an error comes from.")
  private boolean verbose;
}
