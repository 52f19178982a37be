package dev.dovetail.engine;

import dev.dovetail.models.ModelFormatException;
import java.nio.file.Path;

/** Says in words what it means when the bytes of a mapped file are no longer there. */
final class MappedFileFault {
  private MappedFileFault() {}

  /**
   * A failure, or a fault of the file if that is what it tells of: the JVM reports an access to
   * mapped memory that has no file behind it as an {@link InternalError} on "unsafe memory access".
   */
  static RuntimeException explained(Path file, Throwable failure) {
    return switch (failure) {
      case InternalError e when String.valueOf(e.getMessage()).contains("unsafe memory access") -> {
        ModelFormatException fault =
            new ModelFormatException(
                file,
                "could not be read to its end: it was shortened or replaced while in use, or its"
                    + " disk failed; open it again once it is whole");
        fault.initCause(e);
        yield fault;
      }
      case RuntimeException e -> e;
      case Error e -> throw e;
      default -> new IllegalStateException(failure);
    };
  }
}
