package dev.dovetail.cli.humaneval;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.dovetail.cli.humaneval.ProgramScorer.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;

/** Tries out whether a sandbox holds, by programs that want to get out of it. */
final class SandboxProbe {
  private static final String RUNS = "def probe():\n    return True\n";

  private SandboxProbe() {}

  /** What is wrong with the sandbox; empty: nothing. */
  static String fault(PythonSandbox sandbox) {
    String fault = runs(sandbox);
    if (!fault.isEmpty()) {
      return fault;
    }
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      if (!holds(sandbox, reachesNetworkProgram(listener.getLocalPort()))) {
        return "a program in it reaches the network";
      }
    } catch (IOException e) {
      return "cannot be tried out: " + e.getMessage();
    }
    if (!holds(sandbox, seesProcessesProgram(ProcessHandle.current().pid()))) {
      return "a program in it sees other processes";
    }
    return writes(sandbox) ? "a program in it writes outside of its folder" : "";
  }

  /** Why the sandbox runs no program; empty: it does. */
  static String runs(PythonSandbox sandbox) {
    try {
      return holds(sandbox, RUNS) ? "" : "a program that should pass fails in it";
    } catch (IllegalStateException e) {
      return e.getMessage();
    } catch (UncheckedIOException e) {
      return e.getCause().getMessage();
    }
  }

  private static boolean writes(PythonSandbox sandbox) {
    Path home = Path.of(System.getProperty("user.home"));
    String name = ".dovetail-probe-" + ProcessHandle.current().pid();
    // JSON's strings are Python's.
    String folder = TextNode.valueOf(home.toString()).toString();
    return !holds(sandbox, writesProgram(folder, name)) || Files.exists(home.resolve(name));
  }

  private static boolean holds(PythonSandbox sandbox, String program) {
    Problem problem =
        new Problem("probe", "", "probe", "", "def check(probe):\n    assert probe()\n");
    return sandbox.score(problem, program) == Outcome.PASSED;
  }

  private static String reachesNetworkProgram(int port) {
    return """
    import socket
    def probe():
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.settimeout(2)
        try:
            listener.connect(("127.0.0.1", %d))
            return False
        except OSError:
            pass
        try:
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("192.0.2.1", 9))
            return False
        except OSError:
            return True
    """
        .formatted(port);
  }

  private static String writesProgram(String home, String name) {
    return """
    import os
    def probe():
        for folder in %s, "/", "/usr", "/usr/lib", "/var/tmp", "/dev", "/dev/shm":
            path = os.path.join(folder, "%s")
            try:
                open(path, "w").close()
            except OSError:
                continue
            os.unlink(path)
            return False
        open("allowed", "w").close()
        return True
    """
        .formatted(home, name);
  }

  /** Besides the program there are the one that watches it, and bubblewrap's. */
  private static String seesProcessesProgram(long pid) {
    return """
    import os
    def probe():
        seen = 0
        for process in [%d, *range(1, 32768)]:
            try:
                os.kill(process, 0)
            except ProcessLookupError:
                continue
            except PermissionError:
                pass
            seen += 1
        return seen <= 3
    """
        .formatted(pid);
  }
}
