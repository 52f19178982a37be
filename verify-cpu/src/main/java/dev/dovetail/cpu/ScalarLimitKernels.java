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
    float x = FACTOR;
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
      a = Math.fma(x, x, a);
      b = Math.fma(x, x, b);
      c = Math.fma(x, x, c);
      d = Math.fma(x, x, d);
      e = Math.fma(x, x, e);
      f = Math.fma(x, x, f);
      g = Math.fma(x, x, g);
      h = Math.fma(x, x, h);
      i = Math.fma(x, x, i);
      j = Math.fma(x, x, j);
    }
    return a + b + c + d + e + f + g + h + i + j;
  }

  @Override
  public int lanes() {
    return 1;
  }
}
