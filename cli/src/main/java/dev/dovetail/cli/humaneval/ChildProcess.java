package dev.dovetail.cli.humaneval;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Programs that this one starts. */
final class ChildProcess {
  private ChildProcess() {}

  /**
   * Starts a program in this environment and no other, found on its PATH. A Ctrl-C in the terminal
   * is not for it: it is ended by {@link #end}.
   */
  static Process start(List<String> command, Map<String, String> env) throws IOException {
    List<String> all = new ArrayList<>(List.of("/bin/sh", "-c", "trap '' INT; exec \"$@\"", "sh"));
    all.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(all);
    builder.environment().clear();
    builder.environment().putAll(env);
    return builder.start();
  }

  /** Ends a program and all that it started. */
  static void end(Process process) {
    List<ProcessHandle> descendants = process.descendants().toList();
    process.destroyForcibly();
    descendants.forEach(ProcessHandle::destroyForcibly);
  }

  /** The last line that says something, or that there is none. */
  static String lastLine(InputStream in) throws IOException {
    return new String(in.readAllBytes(), StandardCharsets.UTF_8)
        .lines()
        .filter(line -> !line.isBlank())
        .reduce((first, second) -> second)
        .map(String::strip)
        .orElse("it said nothing");
  }
}
