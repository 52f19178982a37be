package dev.dovetail.cli;

import dev.dovetail.cli.humaneval.Problem;
import dev.dovetail.cli.humaneval.Problems;
import dev.dovetail.cli.humaneval.ProgramText;
import dev.dovetail.cli.humaneval.PromptStyle;
import dev.dovetail.cli.humaneval.PythonSandbox;
import dev.dovetail.cli.humaneval.Result;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** Whether {@code bench humaneval} runs the programs that come out. */
final class HumanEvalScoring {
  @Option(
      names = "--score",
      order = 62,
      description =
          "Run each program against its problem's tests, by python3 in a sandbox: bubblewrap's or"
              + " that of unshare.")
  private boolean score;

  @Option(
      names = "--unsafe-score",
      order = 63,
      description = "As --score, without a sandbox: programs may do what you may.")
  private boolean unsafe;

  /**
   * Looks for a sandbox and warns where none is wanted.
   *
   * @return gives results without a score theirs; leaves all as they are if nothing is to be scored
   * @throws IllegalStateException if programs cannot be run
   */
  UnaryOperator<Result> scorer(Console console, PromptStyle style) {
    if (!score && !unsafe) {
      return UnaryOperator.identity();
    }
    PythonSandbox sandbox =
        unsafe ? PythonSandbox.unsafe(console.env()) : PythonSandbox.open(console.env());
    sandbox.warning().ifPresent(warning -> console.err().line("dovetail: " + warning));
    var problems =
        Problems.all().stream().collect(Collectors.toMap(Problem::id, Function.identity()));
    return result -> {
      if (result.passed() != null) {
        return result;
      }
      Problem problem = problems.get(result.problem());
      String program =
          style == PromptStyle.CHAT
              ? ProgramText.ofChat(problem, result.text())
              : ProgramText.ofRaw(problem, result.text());
      return result.scored(sandbox.score(problem, program));
    };
  }
}
