package dev.dovetail.gpu.device;

import dev.dovetail.gpu.driver.GpuDriver;
import dev.dovetail.gpu.driver.GpuException;
import dev.dovetail.gpu.driver.GpuException.Kind;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The GPU's memory within a budget: all that a device takes is counted here, and the budget is
 * never passed. Takes the device's lock, so any thread may allocate and close.
 */
final class DeviceMemory {
  private final GpuDriver driver;
  private final ReentrantLock lock;
  private final long budget;
  private Runnable giveBack = () -> {};
  private long used;
  private long moves;

  /**
   * @param lock of the device
   * @param budget most bytes in use at a time
   */
  DeviceMemory(GpuDriver driver, ReentrantLock lock, long budget) {
    this.driver = driver;
    this.lock = lock;
    this.budget = budget;
  }

  /** What can give memory back when the budget has too little left. */
  void whenShort(Runnable giver) {
    giveBack = giver;
  }

  /** One allocation, whose owner closes it. */
  final class Block implements AutoCloseable {
    private final long address;
    private final long bytes;
    private boolean freed;

    private Block(long address, long bytes) {
      this.address = address;
      this.bytes = bytes;
    }

    /** The first byte's, a multiple of 256. */
    long address() {
      return address;
    }

    long bytes() {
      return bytes;
    }

    /** Gives the memory back, once. */
    @Override
    public void close() {
      lock.lock();
      try {
        if (!freed) {
          freed = true;
          used -= bytes;
          driver.free(address);
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * Takes memory.
   *
   * @param bytes at least 1
   * @throws GpuException {@link Kind#OUT_OF_MEMORY} if the budget or the GPU has less
   */
  Block allocate(long bytes) {
    lock.lock();
    try {
      if (bytes > budget - used) {
        giveBack.run();
      }
      if (bytes > budget - used) {
        throw new GpuException(
            Kind.OUT_OF_MEMORY,
            "the GPU's budget is %d bytes, %d are used, and %d more are wanted"
                .formatted(budget, used, bytes));
      }
      Block block = new Block(driver.allocate(bytes), bytes);
      used += bytes;
      return block;
    } finally {
      lock.unlock();
    }
  }

  /** Says that something lies elsewhere than it did, of what a recorded kernel may be given. */
  void noteMove() {
    moves++;
  }

  /** How often something has moved. */
  long moves() {
    return moves;
  }

  /** Most bytes in use at a time. */
  long budget() {
    return budget;
  }

  /** Bytes in use. */
  long used() {
    return used;
  }

  /** Bytes of the budget that are not in use, as far as the GPU has them. */
  long left() {
    return Math.max(0, Math.min(budget - used, driver.freeBytes()));
  }
}
