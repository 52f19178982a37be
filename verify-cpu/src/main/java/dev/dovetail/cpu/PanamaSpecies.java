package dev.dovetail.cpu;

import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** The width of all vectors, in constants, which the JIT needs to make machine code of them. */
final class PanamaSpecies {
  static final VectorSpecies<Float> FLOATS =
      VectorSpecies.of(float.class, VectorShape.forBitSize(KernelSettings.current().vectorBits()));
  static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);

  /** Lanes of a vector. */
  static final int LANES = FLOATS.length();

  private PanamaSpecies() {}
}
