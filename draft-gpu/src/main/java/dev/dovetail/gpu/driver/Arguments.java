package dev.dovetail.gpu.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The bytes of a kernel's one struct, written field by field in the order of its declaration, each
 * at a multiple of its size. Reused from launch to launch; for one thread.
 */
public final class Arguments {
  private static final int MOST_BYTES = 256;

  private final MemorySegment bytes = Arena.ofAuto().allocate(MOST_BYTES, Long.BYTES);
  private long end;

  /** Begins a new struct. */
  public Arguments clear() {
    end = 0;
    return this;
  }

  /** An address on the GPU. */
  public Arguments pointer(long address) {
    bytes.set(ValueLayout.JAVA_LONG, at(Long.BYTES), address);
    return this;
  }

  public Arguments integer(int value) {
    bytes.set(ValueLayout.JAVA_INT, at(Integer.BYTES), value);
    return this;
  }

  public Arguments floating(float value) {
    bytes.set(ValueLayout.JAVA_FLOAT, at(Float.BYTES), value);
    return this;
  }

  /** What has been written; valid until the next {@link #clear}. */
  public MemorySegment segment() {
    // A struct is as long as a multiple of its widest field.
    return bytes.asSlice(0, (end + Long.BYTES - 1) / Long.BYTES * Long.BYTES);
  }

  private long at(int size) {
    long start = (end + size - 1) / size * size;
    end = start + size;
    return start;
  }
}
