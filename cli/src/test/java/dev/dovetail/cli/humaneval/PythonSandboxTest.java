package dev.dovetail.cli.humaneval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.dovetail.cli.humaneval.ProgramScorer.Outcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Programs that pass, that fail, and that want to do harm, behind each isolation there is. */
class PythonSandboxTest {
  /** The function is to return 1. */
  private static final Problem ONE =
      new Problem(
          "test/one",
          "def one():\n",
          "one",
          "    return 1\n",
          "def check(candidate):\n    assert candidate() == 1\n");

  private static final String RIGHT = "def one():\n    return 1\n";

  @TempDir Path temporary;

  @ParameterizedTest
  @EnumSource
  void aProgramPassesWhereItsTestsReturn(Isolation isolation) {
    PythonSandbox sandbox = sandbox(isolation, 10);
    assertThat(sandbox.score(ONE, RIGHT)).isEqualTo(Outcome.PASSED);
    assertThat(sandbox.score(ONE, "def one():\n    return 2\n")).isEqualTo(Outcome.FAILED);
    assertThat(sandbox.score(ONE, "def two():\n    return 2\n")).isEqualTo(Outcome.FAILED);
    assertThat(sandbox.score(ONE, "def one(:\n")).isEqualTo(Outcome.NOT_PYTHON);
    assertThat(sandbox.score(ONE, "x = '\0'\n" + RIGHT)).isEqualTo(Outcome.NOT_PYTHON);
    assertThat(sandbox.score(ONE, "# Grüße 🎈\n" + RIGHT)).isEqualTo(Outcome.PASSED);
  }

  /** Python looks for modules in the current folder first, if it is let. */
  @Test
  void modulesOfTheCurrentFolderAreNotTheLibrarys() throws Exception {
    Files.writeString(temporary.resolve("resource.py"), "raise ValueError('not the library')\n");
    ProcessBuilder builder =
        new ProcessBuilder(Python.find(System.getenv()).running(Python.resource("harness.py")));
    Process process = builder.directory(temporary.toFile()).redirectErrorStream(true).start();
    try (var in = process.outputWriter()) {
      in.write(
          """
          {"program": "import resource\\ndef one(): return 1", "test": "def check(one): assert one() == 1",
           "entry_point": "one", "folder": ".", "seconds": 10, "memory": 1000000000, "file": 1000,
           "processes": 8, "adopt": false}
          """);
    }

    assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .isEqualTo("ready\npassed\n");
  }

  @ParameterizedTest
  @EnumSource
  void aProgramThatLeavesBeforeItsTestsReturnFails(Isolation isolation) {
    PythonSandbox sandbox = sandbox(isolation, 10);
    for (String exit :
        List.of(
            "import os; os._exit(0)",
            "import sys; sys.exit(0)",
            "raise SystemExit",
            "raise KeyboardInterrupt",
            "import os; os.kill(os.getpid(), 9)",
            "print('ready'); print('passed'); exit()",
            "import sys; sys.__stdout__.write('passed\\n'); sys.__stdout__.flush(); quit()",
            "import os; os.write(1, b'passed\\n'); os._exit(0)",
            "input()")) {
      assertThat(sandbox.score(ONE, exit + "\n" + RIGHT)).as(exit).isNotEqualTo(Outcome.PASSED);
      String inside = "def one():\n    %s\n    return 2\n".formatted(exit);
      assertThat(sandbox.score(ONE, inside)).as(inside).isNotEqualTo(Outcome.PASSED);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatAProgramDoesToItsOwnProcessDoesNoHarm(Isolation isolation) {
    PythonSandbox sandbox = sandbox(isolation, 10);
    for (String act :
        List.of(
            "import os, shutil; shutil.rmtree(os.getcwd(), ignore_errors=True)",
            "import os; os.close(0); os.close(1); os.close(2)",
            "import os; os._exit = os.write = os.read = None",
            "import sys; sys.modules.clear()",
            "print('x' * 10_000_000)",
            "import os; os.mkdir('closed'); open('closed/x', 'w').close(); os.chmod('closed', 0)")) {
      assertThat(sandbox.score(ONE, act + "\n" + RIGHT)).as(act).isEqualTo(Outcome.PASSED);
    }
    assertThat(sandbox.score(ONE, "import os; os.closerange(0, 64)\n" + RIGHT))
        .as("it has closed what it would be heard by")
        .isEqualTo(Outcome.FAILED);
  }

  /** Where the parent is the first process of a namespace, such signals do not reach it. */
  @ParameterizedTest
  @EnumSource
  void aProgramThatEndsTheOneThatWatchesItGainsNothing(Isolation isolation) {
    String kill = "import os\nfor s in (2, 15, 9): os.kill(os.getppid(), s)\n";
    PythonSandbox sandbox = sandbox(isolation, 10);
    assertThat(sandbox.score(ONE, kill + RIGHT)).isIn(Outcome.PASSED, Outcome.FAILED);
    assertThat(sandbox.score(ONE, kill + "def one(): return 2\n")).isEqualTo(Outcome.FAILED);
  }

  @ParameterizedTest
  @EnumSource
  void aProgramThatDoesNotEndIsEnded(Isolation isolation) {
    PythonSandbox sandbox = sandbox(isolation, 1);
    for (String endless :
        List.of(
            "while True: pass",
            "import time; time.sleep(100)",
            "import signal, time\nfor s in range(1, 32):\n"
                + "    if s not in (9, 19): signal.signal(s, signal.SIG_IGN)\nwhile True: pass")) {
      assertThat(sandbox.score(ONE, endless)).as(endless).isEqualTo(Outcome.TIMED_OUT);
    }
  }

  @ParameterizedTest
  @EnumSource
  void memoryAndFilesHaveLimits(Isolation isolation) {
    PythonSandbox sandbox = sandbox(isolation, 10);
    assertThat(sandbox.score(ONE, "x = bytearray(2 << 30)\n" + RIGHT)).isEqualTo(Outcome.FAILED);
    String file = "with open('big', 'wb') as f:\n    f.write(bytes(%d))\n";
    assertThat(sandbox.score(ONE, file.formatted(17 << 20) + RIGHT)).isEqualTo(Outcome.FAILED);
    assertThat(sandbox.score(ONE, file.formatted(15 << 20) + RIGHT)).isEqualTo(Outcome.PASSED);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void theFolderHasALimit(Isolation isolation) {
    String files =
        "for i in range(8):\n    with open(str(i), 'wb') as f: f.write(bytes(10 << 20))\n";
    assertThat(sandbox(isolation, 10).score(ONE, files + RIGHT)).isEqualTo(Outcome.FAILED);
  }

  @ParameterizedTest
  @EnumSource
  void processesHaveALimit(Isolation isolation) {
    Assumptions.assumeFalse(
        isolation == Isolation.NONE && Isolation.privileged(), "root may start any number");
    String forks =
        """
        import os, time
        for i in range(100):
            if os.fork() == 0:
                time.sleep(100)
        """;
    assertThat(sandbox(isolation, 10).score(ONE, forks + RIGHT)).isEqualTo(Outcome.FAILED);
    String bomb = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass\n";
    assertThat(sandbox(isolation, 1).score(ONE, bomb)).isEqualTo(Outcome.TIMED_OUT);
  }

  @ParameterizedTest
  @EnumSource
  void nothingIsLeft(Isolation isolation) throws Exception {
    String mark = "dovetail-left-" + System.nanoTime();
    String daemon =
        """
        import os, sys
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execv("/bin/sh", ["/bin/sh", "-c", "sleep 100; : %s"])
            os._exit(0)
        open("file", "w").close()
        import time
        time.sleep(0.2)
        """
            .formatted(mark);
    assertThat(sandbox(isolation, 10).score(ONE, daemon + RIGHT)).isEqualTo(Outcome.PASSED);
    assertThat(ProcessHandle.allProcesses().filter(p -> hasArgument(p, mark))).isEmpty();
    try (var left = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      assertThat(left.filter(p -> p.getFileName().toString().startsWith("dovetail-score")))
          .isEmpty();
    }
  }

  private static boolean hasArgument(ProcessHandle process, String mark) {
    try {
      return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline")).contains(mark);
    } catch (IOException e) {
      return false; // it has ended
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void filesOfTheUserAreHiddenAndTheRestIsReadOnly(Isolation isolation) throws Exception {
    Path secret = Files.writeString(temporary.resolve("secret"), "secret");
    PythonSandbox sandbox = sandbox(isolation, 10);
    String reads = "open('%s').read()\n".formatted(secret);
    assertThat(sandbox.score(ONE, reads + RIGHT)).isEqualTo(Outcome.FAILED);
    String lists =
        """
        import os
        hidden = ("/proc", "/sys", "/var", "/work", "%s")
        assert not any(os.path.exists(folder) for folder in hidden), os.listdir("/")
        assert set(os.listdir("/dev")) == {"null", "zero", "random", "urandom"}
        assert os.listdir(".") == []
        import ctypes
        assert ctypes.CDLL(None).mount(b"none", b"/usr", b"", 4096 | 32, None) != 0
        assert set(os.environ) <= {"PATH", "LC_ALL", "TMPDIR"}, os.environ
        """
            .formatted(temporary);
    assertThat(sandbox.score(ONE, lists + RIGHT)).isEqualTo(Outcome.PASSED);
  }

  /** Else a sandbox that isolates from nothing would be believed. */
  @Test
  void theProbeSeesThatLimitsAloneAreNoSandbox() {
    PythonSandbox none = sandbox(Isolation.NONE, 10);
    assertThat(SandboxProbe.fault(none)).isEqualTo("a program in it reaches the network");
    assertThat(none.warning())
        .contains(
            "the model's programs run without a sandbox: they may read, write and send what "
                + (Isolation.privileged()
                    ? "root may, and start any number of processes"
                    : "you may"));
  }

  @Test
  void theBestSandboxIsTaken() {
    boolean any =
        List.of(Isolation.BUBBLEWRAP, Isolation.UNSHARE).stream()
            .anyMatch(isolation -> unavailable(isolation).isEmpty());
    if (!any) {
      sandbox(Isolation.UNSHARE, 10); // skips, or fails where one is demanded
    }
    PythonSandbox sandbox = PythonSandbox.open(System.getenv());
    assertThat(sandbox.description()).matches("Python 3\\S+ in (bubblewrap|unshare)");
    assertThat(sandbox.warning()).isEmpty();
  }

  @Test
  void withoutASandboxNothingIsRunAndTheMessageSaysWhatToDo() throws Exception {
    // A path with Python and the shell's tools, and neither bwrap nor unshare.
    Python python = python();
    Files.createSymbolicLink(temporary.resolve("python3"), python.executable());
    assertThatIllegalStateException()
        .isThrownBy(() -> PythonSandbox.open(Map.of("PATH", temporary.toString())))
        .withMessageContaining("bubblewrap: it does not start: ")
        .withMessageContaining("unshare: it does not start: ")
        .withMessageContaining("not found")
        .withMessageContaining("--unsafe-score");
    assertThat(PythonSandbox.unsafe(Map.of("PATH", temporary.toString())).score(ONE, RIGHT))
        .isEqualTo(Outcome.PASSED);
  }

  /** A version may end in 0, and 10 comes after 9. */
  @ParameterizedTest
  @CsvSource({"3.13.0", "3.9.0", "3.10.4", "4.0.1"})
  void aPythonThatIsNewEnoughIsTaken(String version) throws Exception {
    assertThat(Python.find(pythonOf(version)).version()).isEqualTo(version);
  }

  @ParameterizedTest
  @CsvSource({"3.8.20", "2.7.18"})
  void anOldPythonIsRefused(String version) {
    assertThatIllegalStateException()
        .isThrownBy(() -> Python.find(pythonOf(version)))
        .withMessage(
            "programs are scored with Python 3.9 or newer; python3 on the PATH is " + version);
  }

  /** A path with a program that answers as a Python of that version would. */
  private Map<String, String> pythonOf(String version) throws IOException {
    Path program = temporary.resolve("python3");
    Files.writeString(
        program,
        """
        #!/bin/sh
        echo '{"executable": "/nowhere/python3", "version": [%s], "libraries": []}'
        """
            .formatted(version.replace('.', ',')));
    assertThat(program.toFile().setExecutable(true)).isTrue();
    return Map.of("PATH", temporary.toString());
  }

  @Test
  void withoutPythonTheMessageSaysSo() {
    assertThatIllegalStateException()
        .isThrownBy(() -> PythonSandbox.open(Map.of("PATH", temporary.toString())))
        .withMessageContaining("python3 (3.9 or newer)")
        .withMessageContaining("not found");
  }

  /** A sandbox that works here; the test is skipped, or fails under -Drequire.sandbox=true. */
  static PythonSandbox sandbox(Isolation isolation, int seconds) {
    String unavailable = unavailable(isolation);
    if (!unavailable.isEmpty()) {
      String message = "no sandbox by " + isolation.label() + ": " + unavailable;
      boolean optional = isolation == Isolation.BUBBLEWRAP;
      if (Boolean.getBoolean("require.sandbox") && !optional) {
        throw new AssertionError(message);
      }
      Assumptions.abort(message);
    }
    return new PythonSandbox(python(), isolation, System.getenv(), Duration.ofSeconds(seconds));
  }

  private static String unavailable(Isolation isolation) {
    try {
      PythonSandbox sandbox =
          new PythonSandbox(python(), isolation, System.getenv(), Duration.ofSeconds(10));
      return isolation == Isolation.NONE ? SandboxProbe.runs(sandbox) : SandboxProbe.fault(sandbox);
    } catch (IllegalStateException e) {
      return e.getMessage();
    }
  }

  private static Python python() {
    return Python.find(System.getenv());
  }
}
