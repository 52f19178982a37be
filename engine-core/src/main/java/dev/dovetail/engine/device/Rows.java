package dev.dovetail.engine.device;

/**
 * A view of activations {@code [tokens][width]} in a buffer: token i stands at {@code offset + i *
 * stride}. The slices of one wide result (q, k and v behind each other in every row) are views of
 * one buffer with one stride.
 */
public record Rows(Buffer buffer, int offset, int stride, int width) {
  public Rows {
    if (offset < 0 || width < 0 || stride < width || offset + width > buffer.length()) {
      throw new IllegalArgumentException(
          "a view of offset %d, stride %d, width %d does not fit a buffer of %d"
              .formatted(offset, stride, width, buffer.length()));
    }
  }

  /** A new buffer of {@code tokens} rows, seen whole. */
  public static Rows allocate(Device device, int tokens, int width) {
    return new Rows(device.buffer(Math.multiplyExact(tokens, width)), 0, width, width);
  }

  /** Columns {@code from} to {@code from + columns} of every row. */
  public Rows columns(int from, int columns) {
    if (from < 0 || columns < 0 || from + columns > width) {
      throw new IllegalArgumentException(
          "columns %d to %d of rows of %d".formatted(from, from + columns, width));
    }
    return new Rows(buffer, offset + from, stride, columns);
  }

  /** The rows from {@code row} on. */
  public Rows from(int row) {
    return row == 0 ? this : new Rows(buffer, offset + row * stride, stride, width);
  }

  /** How many rows fit the buffer. */
  public int capacity() {
    return (buffer.length() - offset - width) / Math.max(stride, 1) + 1;
  }
}
