package dev.dovetail.engine.device;

/**
 * Weights {@code [rows][cols]} in the form that a device's kernels read, values exactly those of
 * the file. Immutable, shared by all sessions.
 */
public interface Matrix extends AutoCloseable {
  int rows();

  int cols();

  /** Memory that the device's form takes. */
  long bytes();

  @Override
  void close();
}
