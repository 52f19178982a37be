package dev.dovetail.engine.selftest;

import dev.dovetail.engine.device.Allocation;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.Rows;
import java.util.function.IntConsumer;
import java.util.random.RandomGenerator;

/**
 * An operation of a device, of one shape.
 *
 * @param tolerance the largest error that passes, as a share of the largest number expected
 * @param bytes that a call has to read and write
 * @param macs its multiply-adds
 * @param preparation puts its numbers on a device
 */
record Operation(
    String name, String shape, double tolerance, long bytes, long macs, Preparation preparation) {
  /** Makes an operation ready to be called. */
  @FunctionalInterface
  interface Preparation {
    /**
     * Puts the numbers of a call on a device.
     *
     * @param memory of the device, given back after the last call
     * @param random the same for each device
     */
    Call prepare(Device device, Allocation memory, RandomGenerator random);
  }

  /**
   * An operation that can be called again and again.
   *
   * @param run queues it; told how often it ran before
   * @param settle queues what makes the result visible in {@code out}; nothing as a rule
   * @param out where the result is
   * @param n rows of the result
   */
  record Call(IntConsumer run, Runnable settle, Rows out, int n) {
    /** An operation whose every call is the same, and writes {@code out} itself. */
    static Call of(Rows out, int n, Runnable run) {
      return new Call(calls -> run.run(), () -> {}, out, n);
    }
  }
}
