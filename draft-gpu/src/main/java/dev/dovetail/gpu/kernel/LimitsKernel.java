package dev.dovetail.gpu.kernel;

import dev.dovetail.gpu.driver.GpuDriver;
import dev.dovetail.gpu.driver.GpuDriver.Grid;

/** {@code limits.cu}. */
public final class LimitsKernel extends Kernel {
  /** Threads of a block. */
  public static final int THREADS = 256;

  /** Multiply-adds of a thread in a round. */
  public static final int FMAS = 64;

  public LimitsKernel(GpuDriver driver) {
    super(driver, "limits");
  }

  /**
   * Reads memory once, and sums it.
   *
   * @param address of the first number, a multiple of 16 bytes
   * @param fours how many times four numbers
   * @param out {@code [blocks * THREADS]}: each thread's sum
   */
  public void launchRead(long address, int fours, int blocks, long out) {
    launch(
        "limit_read",
        Grid.of(blocks, THREADS),
        arguments().pointer(address).pointer(out).integer(fours));
  }

  /**
   * Multiplies and adds in registers, {@link #FMAS} times a round in each thread; with no rounds it
   * does nothing but be launched.
   *
   * @param out {@code [blocks * THREADS]}: each thread's sum
   */
  public void launchFma(int rounds, int blocks, long out) {
    launch(
        "limit_fma",
        Grid.of(blocks, THREADS),
        arguments().pointer(out).integer(rounds).floating(0.5f).floating(1));
  }
}
