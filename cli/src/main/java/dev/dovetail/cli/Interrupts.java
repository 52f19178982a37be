package dev.dovetail.cli;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jline.utils.Signals;

/** How Ctrl-C reaches a command. */
interface Interrupts {
  /** Until the result is closed, each Ctrl-C calls {@code handler} on a thread of its own. */
  Scope handle(Runnable handler);

  /** Ends the handling. */
  interface Scope extends AutoCloseable {
    @Override
    void close();
  }

  /** The signal of this process. */
  static Interrupts ofProcess() {
    return handler -> {
      Object previous = Signals.register("INT", handler);
      return () -> Signals.unregister("INT", previous);
    };
  }

  /** The first Ctrl-C calls {@code first}, the second ends the process at once. */
  default Scope handleOnce(Runnable first) {
    AtomicBoolean before = new AtomicBoolean();
    return handle(() -> {
      if (before.getAndSet(true)) {
        Runtime.getRuntime().halt(Cli.INTERRUPTED);
      }
      first.run();
    });
  }
}
