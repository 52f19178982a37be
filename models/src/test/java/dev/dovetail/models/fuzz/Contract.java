package dev.dovetail.models.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Function;

/** What every reader promises of any bytes: it reads them or refuses them in one line, and soon. */
final class Contract {
  private static final Duration LIMIT = Duration.ofSeconds(1);
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private Contract() {}

  /**
   * Fails unless reading succeeds or is refused as promised; what else it throws passes through.
   */
  static void check(Runnable reading) {
    // Of the processor rather than of the clock: a busy machine is no fault of the reader's.
    long start = THREADS.getCurrentThreadCpuTime();
    try {
      reading.run();
    } catch (ModelFormatException e) {
      assertThat(e.getMessage()).isNotBlank().matches("[^\\p{Cntrl}\\u2028\\u2029]+");
    }
    assertThat(Duration.ofNanos(THREADS.getCurrentThreadCpuTime() - start)).isLessThan(LIMIT);
  }

  /** The same of a reader that wants a file. */
  static void checkFile(byte[] bytes, Function<Path, ? extends TensorFile> reader) {
    try {
      Path path = Files.createTempFile("fuzz", null);
      try {
        Files.write(path, bytes);
        check(() -> {
          try (TensorFile file = reader.apply(path)) {
            touch(file);
          }
        });
      } finally {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Asks for all that a file tells, and for the first and last byte of each tensor. */
  static void touch(TensorFile file) {
    assertThat(file.metadata()).isNotNull();
    for (Tensor tensor : file.tensors()) {
      assertThat(file.get(tensor.name())).isSameAs(tensor);
      assertThat(tensor.type().bytes(tensor.shape().stream().reduce(1L, (a, b) -> a * b)))
          .isEqualTo(tensor.data().byteSize());
      if (tensor.data().byteSize() > 0) {
        tensor.data().get(ValueLayout.JAVA_BYTE, 0);
        tensor.data().get(ValueLayout.JAVA_BYTE, tensor.data().byteSize() - 1);
      }
    }
  }
}
