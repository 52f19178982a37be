package dev.dovetail.cli;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;

/**
 * Where the launcher script enters: puts standard error back, then runs {@link Main}.
 *
 * <p>The JVM prints a warning about its incubating vector module at every start, before any class
 * of ours is loaded, and no flag turns it off. The script therefore starts the JVM with standard
 * error at descriptor {@code dovetail.stderr} and nothing at descriptor 2. It is moved back by
 * {@code dup2}, so that native libraries write to the right place too.
 */
final class Launch {
  private static final int STDERR = 2;

  private Launch() {}

  public static void main(String[] args) throws Exception {
    Integer aside = Integer.getInteger("dovetail.stderr");
    if (aside == null) {
      Main.main(args);
      return;
    }
    Thread restoring = Thread.ofPlatform().start(() -> restore(aside));
    // Linking dup2 takes tens of milliseconds, and so does loading the commands: at the same time.
    Class.forName(Main.class.getName());
    restoring.join();
    Main.main(args);
  }

  @SuppressWarnings("restricted") // The launcher gives this program native access.
  private static void restore(int aside) {
    try {
      Linker linker = Linker.nativeLinker();
      var dup2 =
          linker.downcallHandle(
              linker.defaultLookup().findOrThrow("dup2"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
      int moved = (int) dup2.invokeExact(aside, STDERR);
      if (moved != STDERR) {
        throw new IOException("dup2 returned " + moved);
      }
    } catch (Throwable failure) {
      redirect(aside, failure);
    }
  }

  /** The second best: Java's own messages go to the right place, those of native code are lost. */
  private static void redirect(int aside, Throwable failure) {
    try {
      System.setErr(new PrintStream(new FileOutputStream("/dev/fd/" + aside, true), true));
    } catch (IOException e) {
      e.addSuppressed(failure);
      throw new IllegalStateException("standard error cannot be reached at descriptor " + aside, e);
    }
  }
}
