package dev.dovetail.gpu.device;

import dev.dovetail.gpu.driver.GpuDriver;
import dev.dovetail.gpu.driver.GpuDriver.Stream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The pinned memory of the host through which everything crosses. What goes to the GPU is copied
 * into it and sent while the program goes on; when it is full, what has been sent is waited for.
 * For one thread at a time.
 */
final class Staging implements AutoCloseable {
  private static final long BYTES = 4 << 20;
  private static final long ALIGNMENT = 64;

  private final GpuDriver driver;
  private final MemorySegment pinned;
  private long end;

  Staging(GpuDriver driver) {
    this.driver = driver;
    pinned = driver.allocatePinned(BYTES);
  }

  /** Sends floats. */
  void send(float[] from, int offset, int count, long to) {
    for (int sent = 0; sent < count; ) {
      int n = (int) Math.min(count - sent, BYTES / Float.BYTES);
      MemorySegment room = room((long) n * Float.BYTES);
      MemorySegment.copy(from, offset + sent, room, ValueLayout.JAVA_FLOAT, 0, n);
      driver.copyIn(to + (long) sent * Float.BYTES, room, Stream.COMPUTE);
      sent += n;
    }
  }

  /** Sends f16 numbers. */
  void send(short[] from, int offset, int count, long to) {
    for (int sent = 0; sent < count; ) {
      int n = (int) Math.min(count - sent, BYTES / Short.BYTES);
      MemorySegment room = room((long) n * Short.BYTES);
      MemorySegment.copy(from, offset + sent, room, ValueLayout.JAVA_SHORT, 0, n);
      driver.copyIn(to + (long) sent * Short.BYTES, room, Stream.COMPUTE);
      sent += n;
    }
  }

  /** Sends integers. */
  void send(int[] from, int count, long to) {
    for (int sent = 0; sent < count; ) {
      int n = (int) Math.min(count - sent, BYTES / Integer.BYTES);
      MemorySegment room = room((long) n * Integer.BYTES);
      MemorySegment.copy(from, sent, room, ValueLayout.JAVA_INT, 0, n);
      driver.copyIn(to + (long) sent * Integer.BYTES, room, Stream.COMPUTE);
      sent += n;
    }
  }

  /** Sends bytes. */
  void send(MemorySegment from, long to) {
    for (long sent = 0; sent < from.byteSize(); ) {
      long n = Math.min(from.byteSize() - sent, BYTES);
      MemorySegment room = room(n);
      MemorySegment.copy(from, sent, room, 0, n);
      driver.copyIn(to + sent, room, Stream.COMPUTE);
      sent += n;
    }
  }

  /** Waits for all work, and brings floats back. */
  void receive(long from, float[] to, int offset, int count) {
    waitForAll();
    for (int received = 0; received < count; ) {
      int n = (int) Math.min(count - received, BYTES / Float.BYTES);
      MemorySegment room = pinned.asSlice(0, (long) n * Float.BYTES);
      driver.copyOut(room, from + (long) received * Float.BYTES, Stream.COMPUTE);
      driver.synchronize(Stream.COMPUTE);
      MemorySegment.copy(room, ValueLayout.JAVA_FLOAT, 0, to, offset + received, n);
      received += n;
    }
  }

  /** Waits for all work, and brings integers back. */
  void receive(long from, int[] to, int count) {
    waitForAll();
    for (int received = 0; received < count; ) {
      int n = (int) Math.min(count - received, BYTES / Integer.BYTES);
      MemorySegment room = pinned.asSlice(0, (long) n * Integer.BYTES);
      driver.copyOut(room, from + (long) received * Integer.BYTES, Stream.COMPUTE);
      driver.synchronize(Stream.COMPUTE);
      MemorySegment.copy(room, ValueLayout.JAVA_INT, 0, to, received, n);
      received += n;
    }
  }

  /** Waits until the GPU has done what it was told. */
  void waitForAll() {
    driver.synchronize(Stream.COMPUTE);
    end = 0;
  }

  private MemorySegment room(long bytes) {
    if (end + bytes > BYTES) {
      waitForAll();
    }
    MemorySegment room = pinned.asSlice(end, bytes);
    end = (end + bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return room;
  }

  @Override
  public void close() {
    driver.freePinned(pinned);
  }
}
