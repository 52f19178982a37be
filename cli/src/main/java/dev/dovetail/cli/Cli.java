package dev.dovetail.cli;

import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The commands, as a function from arguments and streams to an exit code. */
final class Cli {
  /** Done. */
  static final int DONE = 0;

  /** Something failed; one line on standard error says what. */
  static final int FAILED = 1;

  /** The command line makes no sense; one line on standard error says why. */
  static final int WRONG_USAGE = 2;

  /** Interrupted by the user, as shells count it: 128 and the number of the signal. */
  static final int INTERRUPTED = 130;

  /** Where options stand in a help that every command has. */
  private static final int LAST = 100;

  private static final Map<String, Function<Console, Object>> COMMANDS = commands();

  private Cli() {}

  private static Map<String, Function<Console, Object>> commands() {
    Map<String, Function<Console, Object>> commands = new LinkedHashMap<>();
    commands.put("run", RunCommand::new);
    commands.put("chat", ChatCommand::new);
    commands.put("pull", PullCommand::new);
    commands.put("list", ListCommand::new);
    commands.put("rm", RmCommand::new);
    commands.put("inspect", InspectCommand::new);
    commands.put("convert", ConvertCommand::new);
    commands.put("tokenize", TokenizeCommand::new);
    commands.put("score", ScoreCommand::new);
    commands.put("bench", console -> benchmarks(console));
    commands.put("plan", PlanCommand::new);
    commands.put("doctor", DoctorCommand::new);
    commands.put("selftest", console -> selfTests(console));
    commands.put("completion", CompletionCommand::new);
    return commands;
  }

  private static CommandLine benchmarks(Console console) {
    CommandLine cost = new CommandLine(new CostCommand(console));
    layOut(cost);
    CommandLine humanEval = new CommandLine(new HumanEvalCommand(console));
    layOut(humanEval);
    return new CommandLine(new BenchCommand())
        .addSubcommand("cost", cost)
        .addSubcommand("humaneval", humanEval);
  }

  private static CommandLine selfTests(Console console) {
    CommandLine gpu = new CommandLine(new GpuSelfTestCommand(console));
    layOut(gpu);
    return new CommandLine(new SelfTestCommand()).addSubcommand("gpu", gpu);
  }

  /** Runs one command line and returns its exit code. */
  static int run(String[] args, Console console) {
    CommandLine line = commandLine(args, console);
    try {
      int code = line.execute(args);
      if (code == DONE) {
        // A help goes through a PrintWriter, which hides that the stream cannot be written; what
        // could not be is still in the stream's buffer.
        console.out().print("");
      }
      return code;
    } catch (ClosedOutputException e) {
      return DONE; // whoever read the output has seen enough
    } catch (UncheckedIOException | Error e) {
      // picocli hands exceptions to its handlers, and lets errors pass.
      return failed(
          e,
          Arrays.asList(args).contains("-v") || Arrays.asList(args).contains("--verbose"),
          console);
    }
  }

  /**
   * The root with its commands: with the named one only where the first argument names one, since
   * picocli reads each command's annotations by reflection.
   */
  static CommandLine commandLine(String[] args, Console console) {
    CommandLine root = new CommandLine(new RootCommand());
    root.getCommandSpec().addOption(help());
    root.getCommandSpec()
        .addOption(
            OptionSpec.builder("-V", "--version")
                .versionHelp(true)
                .order(LAST)
                .description("Show the version, the Java runtime and the machine.")
                .build());
    if (args.length > 0 && COMMANDS.containsKey(args[0])) {
      root.addSubcommand(args[0], COMMANDS.get(args[0]).apply(console));
    } else {
      COMMANDS.forEach((name, command) -> root.addSubcommand(name, command.apply(console)));
    }
    root.getSubcommands().values().forEach(Cli::layOut);
    root.setOut(new PrintWriter(console.out().asStream(), true, StandardCharsets.UTF_8));
    root.setErr(new PrintWriter(console.err().asStream(), true, StandardCharsets.UTF_8));
    root.setAbbreviatedOptionsAllowed(false);
    root.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    root.setUsageHelpWidth(100);
    root.setUsageHelpLongOptionsMaxWidth(30);
    root.setCaseInsensitiveEnumValuesAllowed(true);
    root.setOverwrittenOptionsAllowed(false);
    root.setParameterExceptionHandler((e, given) -> wrongUsage(e, console));
    root.setExecutionExceptionHandler((e, command, parsed) -> failed(e, verbose(parsed), console));
    return root;
  }

  /**
   * The same options in every command, and the same order in its help: purpose, arguments, options,
   * examples.
   */
  private static void layOut(CommandLine command) {
    CommandSpec spec = command.getCommandSpec();
    spec.addOption(help());
    spec.addOption(
        OptionSpec.builder("-v", "--verbose")
            .type(boolean.class)
            .order(LAST)
            .description("Show where an error comes from.")
            .build());
    spec.usageMessage()
        .abbreviateSynopsis(true)
        .sortOptions(false)
        .descriptionHeading("%n")
        .parameterListHeading("%n")
        .optionListHeading("%nOptions:%n");
  }

  private static OptionSpec help() {
    return OptionSpec.builder("-h", "--help")
        .usageHelp(true)
        .order(LAST)
        .description("Show this help.")
        .build();
  }

  private static int wrongUsage(ParameterException e, Console console) {
    String name = e.getCommandLine().getCommandSpec().qualifiedName();
    console
        .err()
        .line("dovetail: " + Failures.oneLine(e.getMessage()) + " (see " + name + " --help)");
    return WRONG_USAGE;
  }

  private static int failed(Throwable e, boolean verbose, Console console) {
    if (e instanceof ClosedOutputException) {
      return DONE; // whoever read the output has seen enough
    }
    console.err().line("dovetail: " + Failures.describe(e));
    if (verbose) {
      console.err().print(Failures.stackTrace(e));
    }
    return FAILED;
  }

  private static boolean verbose(ParseResult parsed) {
    ParseResult command = parsed;
    while (command.hasSubcommand()) {
      command = command.subcommand();
    }
    return command.hasMatchedOption("--verbose");
  }
}
