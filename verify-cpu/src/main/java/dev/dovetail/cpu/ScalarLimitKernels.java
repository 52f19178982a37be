package dev.dovetail.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The limits of plain Java. */
final class ScalarLimitKernels implements LimitKernels {
  @Override
  public long read(MemorySegment memory, long offset, int bytes) {
    long sum = 0;
    for (long at = offset; at < offset + bytes; at += Long.BYTES) {
      sum += memory.get(ValueLayout.JAVA_LONG, at);
    }
    return sum;
  }

  @Override
  public float multiplyAdd(int steps) {
    float a = 0;
    float b = 1;
    float c = 2;
    float d = 3;
    float e = 4;
    float f = 5;
    float g = 6;
    float h = 7;
    float i = 8;
    float j = 9;
    for (int step = 0; step < steps; step++) {
      a = Math.fma(a, 0.5f, 1);
      b = Math.fma(b, 0.5f, 1);
      c = Math.fma(c, 0.5f, 1);
      d = Math.fma(d, 0.5f, 1);
      e = Math.fma(e, 0.5f, 1);
      f = Math.fma(f, 0.5f, 1);
      g = Math.fma(g, 0.5f, 1);
      h = Math.fma(h, 0.5f, 1);
      i = Math.fma(i, 0.5f, 1);
      j = Math.fma(j, 0.5f, 1);
    }
    return a + b + c + d + e + f + g + h + i + j;
  }

  @Override
  public int lanes() {
    return 1;
  }
}
