package dev.dovetail.cli.humaneval;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Runs programs by the user's python3, each in a process and a folder of its own, both gone
 * afterwards, within limits of time and memory and behind an {@link Isolation}. A program passes
 * where {@code check} returned; one that leaves before, or says that it passed, does not. That
 * holds for what models write: a program that was made to deceive this class can, since it shares a
 * process with its tests, as in every evaluation of HumanEval. Safe for use by several threads.
 */
public final class PythonSandbox implements ProgramScorer {
  private static final Duration TIME_LIMIT = Duration.ofSeconds(10);

  /** How long Python may take to start and to end, on a busy machine too. */
  private static final Duration GRACE = Duration.ofSeconds(30);

  private static final long MEMORY_BYTES = 1L << 30;
  private static final long FILE_BYTES = 16L << 20;
  private static final int PROCESSES = 8;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Python python;
  private final Isolation isolation;
  private final Map<String, String> environment;
  private final Duration timeLimit;

  PythonSandbox(Python python, Isolation isolation, Map<String, String> env, Duration timeLimit) {
    this.python = python;
    this.isolation = isolation;
    // Nothing of the user's; and sets are listed in the same order each time.
    this.environment =
        Map.of("PATH", env.getOrDefault("PATH", ""), "LC_ALL", "C.UTF-8", "PYTHONHASHSEED", "0");
    this.timeLimit = timeLimit;
  }

  /**
   * The best sandbox that this machine has, tried out.
   *
   * @param env environment variables; of them PATH counts
   * @throws IllegalStateException if there is no python3, or nothing that isolates it
   */
  public static PythonSandbox open(Map<String, String> env) {
    Python python = Python.find(env);
    StringBuilder tried = new StringBuilder();
    for (Isolation isolation : List.of(Isolation.BUBBLEWRAP, Isolation.UNSHARE)) {
      PythonSandbox sandbox = of(python, isolation, env);
      String fault = SandboxProbe.fault(sandbox);
      if (fault.isEmpty()) {
        return sandbox;
      }
      tried.append(tried.isEmpty() ? "" : "; ").append(isolation.label() + ": " + fault);
    }
    throw new IllegalStateException(
        "there is no sandbox to run the model's programs in (%s): install bubblewrap, or allow user namespaces, or score elsewhere; --unsafe-score runs them with limits only"
            .formatted(tried));
  }

  /**
   * Runs programs with limits of time, memory and processes and nothing else: they may read, write
   * and send what the user may.
   *
   * @throws IllegalStateException if there is no python3 that runs
   */
  public static PythonSandbox unsafe(Map<String, String> env) {
    PythonSandbox sandbox = of(Python.find(env), Isolation.NONE, env);
    String fault = SandboxProbe.runs(sandbox);
    if (!fault.isEmpty()) {
      throw new IllegalStateException("python3 does not run programs: " + fault);
    }
    return sandbox;
  }

  private static PythonSandbox of(Python python, Isolation isolation, Map<String, String> env) {
    return new PythonSandbox(python, isolation, env, TIME_LIMIT);
  }

  /** How programs run, such as {@code Python 3.12.4 in bubblewrap}. */
  public String description() {
    return "Python %s %s"
        .formatted(
            python.version(),
            isolation == Isolation.NONE ? "with limits only" : "in " + isolation.label());
  }

  /** What the user should know before programs run, in one line; empty where they are isolated. */
  public Optional<String> warning() {
    if (isolation != Isolation.NONE) {
      return Optional.empty();
    }
    return Optional.of(
        "the model's programs run without a sandbox: they may read, write and send what %s"
            .formatted(
                Isolation.privileged()
                    ? "root may, and start any number of processes"
                    : "you may"));
  }

  @Override
  public Outcome score(Problem problem, String program) {
    try {
      Path folder = Files.createTempDirectory("dovetail-score");
      try {
        return score(problem, program, folder);
      } finally {
        delete(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a program was scored", e);
    }
  }

  private Outcome score(Problem problem, String program, Path folder)
      throws IOException, InterruptedException {
    List<String> command = python.running(Python.resource("harness.py"));
    Process process = ChildProcess.start(isolation.command(python, folder, command), environment);
    try {
      byte[] job = JSON.writeValueAsBytes(job(problem, program, isolation.workFolder(folder)));
      try (var in = process.getOutputStream()) {
        in.write(job);
      } catch (IOException e) {
        throw new IllegalStateException(
            "it does not start: " + ChildProcess.lastLine(process.getErrorStream()), e);
      }
      if (!process.waitFor(timeLimit.plus(GRACE).toSeconds(), TimeUnit.SECONDS)) {
        return Outcome.TIMED_OUT;
      }
      List<String> said =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .toList();
      if (!said.contains("ready")) {
        throw new IllegalStateException(
            "it does not start: " + ChildProcess.lastLine(process.getErrorStream()));
      }
      // A program that ends the process which watches it has failed.
      return Arrays.stream(Outcome.values())
          .filter(outcome -> said.contains(outcome.jsonName()))
          .findFirst()
          .orElse(Outcome.FAILED);
    } finally {
      ChildProcess.end(process);
    }
  }

  private ObjectNode job(Problem problem, String program, String folder) {
    return JSON.createObjectNode()
        .put("program", program)
        .put("test", problem.test())
        .put("entry_point", problem.entryPoint())
        .put("folder", folder)
        .put("seconds", timeLimit.toSeconds())
        .put("memory", MEMORY_BYTES)
        .put("file", FILE_BYTES)
        .put("processes", PROCESSES)
        // Where there is a namespace for processes, its end is theirs.
        .put("adopt", isolation == Isolation.NONE && Files.exists(Path.of("/proc/self/task")));
  }

  /** Deletes a folder whatever a program has put there. */
  private static void delete(Path path) throws IOException {
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      path.toFile().setReadable(true);
      path.toFile().setWritable(true);
      path.toFile().setExecutable(true);
      List<Path> entries;
      try (var listed = Files.list(path)) {
        entries = listed.toList();
      }
      for (Path entry : entries) {
        delete(entry);
      }
    }
    Files.deleteIfExists(path);
  }
}
