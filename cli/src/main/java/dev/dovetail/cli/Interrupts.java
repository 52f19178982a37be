package dev.dovetail.cli;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jline.utils.Signals;

/** How Ctrl-C reaches a command. */
interface Interrupts {
  /**
   * Until the result is closed, the first Ctrl-C calls {@code first} on a thread of its own, and the second ends the
   * process at once.
   */
  Scope handle(Runnable first);

  /** Ends the handling. */
  interface Scope extends AutoCloseable {
    @Override
    void close();
  }

  /** The signal of this process. */
  static Interrupts ofProcess() {
    return first -> {
      AtomicBoolean before = new AtomicBoolean();
      Object previous =
          Signals.register(
              "INT",
              () -> {
                if (before.getAndSet(true)) {
                  Runtime.getRuntime().halt(Cli.INTERRUPTED);
                }
                first.run();
              });
      return () -> Signals.unregister("INT", previous);
    };
  }
}
