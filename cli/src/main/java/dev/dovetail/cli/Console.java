package dev.dovetail.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a command sees of the process around it; tests give another.
 *
 * @param in standard input
 * @param inTerminal whether a person types it
 * @param env environment variables
 * @param interrupts Ctrl-C
 */
record Console(
    InputStream in,
    boolean inTerminal,
    Output out,
    Output err,
    Map<String, String> env,
    Interrupts interrupts) {

  static Console ofProcess() {
    return new Console(
        System.in,
        isTerminal(0),
        new Output(stream(FileDescriptor.out), isTerminal(1)),
        new Output(stream(FileDescriptor.err), isTerminal(2)),
        System.getenv(),
        Interrupts.ofProcess());
  }

  private static BufferedOutputStream stream(FileDescriptor descriptor) {
    return new BufferedOutputStream(new FileOutputStream(descriptor), 1 << 14);
  }

  /** Whether styles such as colours may be written to standard output. */
  boolean styled() {
    return out.isTerminal() && !"dumb".equals(env.get("TERM"));
  }

  /** Whether colours may be; see no-color.org. */
  boolean coloured() {
    return styled() && env.getOrDefault("NO_COLOR", "").isEmpty();
  }

  private static boolean isTerminal(int descriptor) {
    try {
      Path link = Path.of("/proc/self/fd/" + descriptor);
      if (Files.isSymbolicLink(link)) {
        String target = Files.readSymbolicLink(link).toString();
        return target.startsWith("/dev/pts/")
            || target.startsWith("/dev/tty")
            || target.equals("/dev/console");
      }
    } catch (IOException e) {
      // A system without such links: the JVM knows of input and output together.
    }
    return System.console().isTerminal();
  }
}
