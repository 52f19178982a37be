package dev.dovetail.cli;

import dev.dovetail.cli.humaneval.Problem;
import dev.dovetail.cli.humaneval.Problems;
import dev.dovetail.cli.humaneval.ProgramText;
import dev.dovetail.cli.humaneval.PromptStyle;
import dev.dovetail.cli.humaneval.PythonSandbox;
import dev.dovetail.cli.humaneval.Result;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** Whether {@code bench humaneval} runs the programs that come out. */
final class HumanEvalScoring {
  @Option(
      names = "--score",
      order = 64,
      description =
          "Run each program against its problem's tests, by python3 in a sandbox: bubblewrap's or"
              + " that of unshare.")
  private boolean score;

  @Option(
      names = "--unsafe-score",
      order = 65,
      description = "As --score, without a sandbox: programs may do what you may.")
  private boolean unsafe;

  /**
   * Looks for a sandbox and warns where none is wanted.
   *
   * @return empty if nothing is to be scored
   * @throws IllegalStateException if programs cannot be run
   */
  Optional<PythonSandbox> sandbox(Console console) {
    if (!score && !unsafe) {
      return Optional.empty();
    }
    PythonSandbox sandbox =
        unsafe ? PythonSandbox.unsafe(console.env()) : PythonSandbox.open(console.env());
    sandbox.warning().ifPresent(warning -> console.err().line("dovetail: " + warning));
    return Optional.of(sandbox);
  }

  /** What gives a result its score, or leaves it as it is where there is no sandbox. */
  static UnaryOperator<Result> scorer(Optional<PythonSandbox> sandbox, PromptStyle style) {
    if (sandbox.isEmpty()) {
      return UnaryOperator.identity();
    }
    var problems =
        Problems.all().stream().collect(Collectors.toMap(Problem::id, Function.identity()));
    return result -> {
      Problem problem = problems.get(result.problem());
      String program =
          style == PromptStyle.CHAT
              ? ProgramText.ofChat(problem, result.text())
              : ProgramText.ofRaw(problem, result.text());
      return result.scored(sandbox.get().score(problem, program));
    };
  }
}
