package dev.dovetail.cli.humaneval;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.cli.humaneval.ProgramScorer.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** The scorer against what is known: every canonical solution passes, and no empty one does. */
class CanonicalSolutionsTest {
  @Test
  void allPassAndEmptyOnesDoNot() throws Exception {
    PythonSandbox sandbox = PythonSandboxTest.sandbox(Isolation.UNSHARE, 60);
    List<Callable<String>> tasks = new ArrayList<>();
    for (Problem problem : Problems.all()) {
      tasks.add(() -> fault(sandbox, problem, problem.canonicalSolution(), Outcome.PASSED));
      tasks.add(() -> fault(sandbox, problem, "", Outcome.FAILED));
    }
    List<String> faults = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      for (Future<String> fault : threads.invokeAll(tasks)) {
        faults.add(fault.get());
      }
    }
    assertThat(faults).hasSize(2 * Problems.COUNT).containsOnly("");
  }

  private static String fault(
      PythonSandbox sandbox, Problem problem, String completion, Outcome wanted) {
    Outcome found = sandbox.score(problem, ProgramText.ofRaw(problem, completion));
    return found == wanted ? "" : problem.id() + " " + found + "; wanted " + wanted;
  }
}
