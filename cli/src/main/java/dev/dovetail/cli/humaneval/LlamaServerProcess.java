package dev.dovetail.cli.humaneval;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A llama-server of our own, on a port of the loopback interface. It ends with this process,
 * however this one ends.
 */
final class LlamaServerProcess implements AutoCloseable {
  /**
   * Standard input is a pipe that nobody writes to: reading it returns when the Java process closes
   * it or is no more. Signals that the terminal or a supervisor sends to the whole group are for
   * the Java process: the server is in a session of its own, and the shell that waits ignores them.
   * The server has nothing to save, so that it is killed.
   */
  private static final String SCRIPT =
      """
      trap '' INT TERM HUP
      exec 3<&0 2>&1
      if command -v setsid >/dev/null; then set -- setsid "$@"; fi
      "$@" </dev/null 3<&- &
      server=$!
      { read -r _ <&3; kill -9 "$server"; } >/dev/null &
      watcher=$!
      exec 3<&-
      wait "$server"
      code=$?
      kill -9 "$watcher"
      exit "$code"
      """;

  private final Process process;
  private final int port;
  private final Thread reader;
  private volatile String lastLine = "it said nothing";

  private LlamaServerProcess(Process process, int port) {
    this.process = process;
    this.port = port;
    this.reader = Thread.ofVirtual().start(this::read);
  }

  /**
   * Starts it; it is not ready yet.
   *
   * @param program the file of llama-server
   * @param context room for this many tokens
   * @param gpuLayers the model's first ones, on the GPU
   */
  static LlamaServerProcess start(
      Path program, Path model, int context, int threads, int gpuLayers) {
    try {
      int port = freePort();
      // Flags that versions of many years have in common.
      List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", SCRIPT, "sh"));
      command.addAll(List.of(program.toString(), "-m", model.toString()));
      command.addAll(List.of("-c", Integer.toString(context), "-t", Integer.toString(threads)));
      command.addAll(List.of("-ngl", Integer.toString(gpuLayers), "-np", "1"));
      command.addAll(List.of("--host", "127.0.0.1", "--port", Integer.toString(port)));
      return new LlamaServerProcess(new ProcessBuilder(command).start(), port);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void read() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.isBlank()) {
          lastLine = line.strip();
        }
      }
    } catch (IOException e) {
      lastLine = "its output cannot be read: " + e.getMessage();
    }
  }

  int port() {
    return port;
  }

  /** What is to be said of it where it failed: whether it still runs, and its last line. */
  String state() {
    try {
      if (!process.waitFor(1, TimeUnit.SECONDS)) {
        return "its last line: " + lastLine;
      }
      reader.join(1000);
      return "it ended with exit code %d; its last line: %s"
          .formatted(process.exitValue(), lastLine);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "its last line: " + lastLine;
    }
  }

  boolean runs() {
    return process.isAlive();
  }

  @Override
  public void close() {
    ChildProcess.end(process);
  }
}
