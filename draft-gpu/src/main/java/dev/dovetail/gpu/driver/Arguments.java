package dev.dovetail.gpu.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The struct that a kernel takes, written field by field in the order of its declaration. Each
 * field is aligned to its size and the end to the largest field, as C does; what lies between is
 * zero. One may be used again and again; not safe for use by several threads.
 */
public final class Arguments {
  // What a kernel can take on every architecture.
  private static final int MOST_BYTES = 4096;

  private final MemorySegment memory = Arena.ofAuto().allocate(MOST_BYTES, Long.BYTES);
  private long end;
  private int alignment = 1;

  /** Begins a new struct. */
  public Arguments clear() {
    memory.asSlice(0, end).fill((byte) 0);
    end = 0;
    alignment = 1;
    return this;
  }

  /** Adds an address of the GPU, or any other 64-bit integer. */
  public Arguments pointer(long address) {
    memory.set(ValueLayout.JAVA_LONG, next(Long.BYTES), address);
    return this;
  }

  public Arguments integer(int value) {
    memory.set(ValueLayout.JAVA_INT, next(Integer.BYTES), value);
    return this;
  }

  public Arguments floating(float value) {
    memory.set(ValueLayout.JAVA_FLOAT, next(Float.BYTES), value);
    return this;
  }

  /** What was added since {@link #clear()}, of the size that C gives it; to be read before that. */
  public MemorySegment segment() {
    return memory.asSlice(0, aligned(end, alignment));
  }

  private long next(int bytes) {
    long at = aligned(end, bytes);
    if (at + bytes > MOST_BYTES) {
      throw new IllegalStateException(
          "the arguments of a kernel take more than %d bytes".formatted(MOST_BYTES));
    }
    end = at + bytes;
    alignment = Math.max(alignment, bytes);
    return at;
  }

  private static long aligned(long value, int to) {
    return (value + to - 1) / to * to;
  }
}
