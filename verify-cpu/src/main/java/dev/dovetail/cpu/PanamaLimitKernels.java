package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.FLOATS;
import static dev.dovetail.cpu.PanamaSpecies.INTS;
import static dev.dovetail.cpu.PanamaSpecies.LANES;
import static dev.dovetail.cpu.PanamaSpecies.MEMORY;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ADD;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/** The limits of vectors. */
final class PanamaLimitKernels implements LimitKernels {
  @Override
  public long read(MemorySegment memory, long offset, int bytes) {
    long address = PanelBlock.address(memory, offset, bytes);
    IntVector a = IntVector.zero(INTS);
    IntVector b = IntVector.zero(INTS);
    IntVector c = IntVector.zero(INTS);
    IntVector d = IntVector.zero(INTS);
    int vector = Integer.BYTES * LANES;
    for (int at = 0; at != bytes; at += 4 * vector) {
      long from = address + at;
      a = a.add(IntVector.fromMemorySegment(INTS, MEMORY, from, LITTLE_ENDIAN));
      b = b.add(IntVector.fromMemorySegment(INTS, MEMORY, from + vector, LITTLE_ENDIAN));
      c = c.add(IntVector.fromMemorySegment(INTS, MEMORY, from + 2L * vector, LITTLE_ENDIAN));
      d = d.add(IntVector.fromMemorySegment(INTS, MEMORY, from + 3L * vector, LITTLE_ENDIAN));
    }
    return a.add(b).add(c.add(d)).reduceLanes(ADD);
  }

  @Override
  public float multiplyAdd(int steps) {
    FloatVector x = FloatVector.broadcast(FLOATS, FACTOR);
    FloatVector a = FloatVector.zero(FLOATS);
    FloatVector b = a.add(1);
    FloatVector c = a.add(2);
    FloatVector d = a.add(3);
    FloatVector e = a.add(4);
    FloatVector f = a.add(5);
    FloatVector g = a.add(6);
    FloatVector h = a.add(7);
    FloatVector i = a.add(8);
    FloatVector j = a.add(9);
    for (int step = 0; step < steps; step++) {
      a = x.fma(x, a);
      b = x.fma(x, b);
      c = x.fma(x, c);
      d = x.fma(x, d);
      e = x.fma(x, e);
      f = x.fma(x, f);
      g = x.fma(x, g);
      h = x.fma(x, h);
      i = x.fma(x, i);
      j = x.fma(x, j);
    }
    FloatVector all = a.add(b).add(c).add(d).add(e).add(f).add(g).add(h).add(i).add(j);
    return all.reduceLanes(ADD);
  }

  @Override
  public int lanes() {
    return LANES;
  }
}
