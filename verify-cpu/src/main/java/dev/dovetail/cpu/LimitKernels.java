package dev.dovetail.cpu;

import java.lang.foreign.MemorySegment;

/** Loops that do nothing but read, or nothing but multiply and add. Stateless. */
interface LimitKernels {
  /** Chains of {@link #multiplyAdd}: enough for two FMA units with a latency of four. */
  int CHAINS = 10;

  /**
   * Reads {@code bytes} bytes of memory, a multiple of 256, and returns something that depends on
   * all of them.
   */
  long read(MemorySegment memory, long offset, int bytes);

  /** What {@link #multiplyAdd} multiplies by itself. */
  float FACTOR = 0x1p-10f;

  /**
   * {@link #CHAINS} chains of {@code steps} multiply-adds in each lane, from 0, 1, 2, ... on;
   * returns something that depends on all of them.
   */
  float multiplyAdd(int steps);

  /** Lanes of a chain. */
  int lanes();
}
