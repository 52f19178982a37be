package dev.dovetail.cpu;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorOperators.Conversion;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** The width of all vectors, in constants, which the JIT needs to make machine code of them. */
final class PanamaSpecies {
  static final VectorSpecies<Float> FLOATS =
      VectorSpecies.of(float.class, VectorShape.forBitSize(KernelSettings.current().vectorBits()));
  static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);

  /** Lanes of a vector. */
  static final int LANES = FLOATS.length();

  /**
   * All of memory, by address. To the JIT this is a constant, so what it makes of an access does
   * not depend on how many segments of which kind it has seen before; with other segments it
   * sometimes puts vectors on the heap. Who passes an address on has checked it ({@link
   * PanelBlock}).
   */
  @SuppressWarnings("restricted")
  static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  /**
   * The bits of an address that is not negative and far from the last one: the JIT leaves out the
   * range check of an access to {@link #MEMORY} where it sees that the address was masked by this.
   */
  static final long ADDRESS = (1L << 56) - 1;

  /**
   * From a field of a word of weights to the float that kernels multiply: its bits as they are,
   * where they may be a subnormal float ({@link WeightKind#SUBNORMAL}), or else its value.
   */
  static final Conversion<Integer, Float> TO_FLOAT =
      WeightKind.SUBNORMAL ? VectorOperators.REINTERPRET_I2F : VectorOperators.I2F;

  private PanamaSpecies() {}
}
