package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.FLOATS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * {@link Exp} on vectors, operation for operation. The methods are small enough to inline into any
 * loop.
 */
final class PanamaExp {
  private PanamaExp() {}

  static FloatVector exp(FloatVector x) {
    FloatVector shifted = x.fma(broadcast(Exp.LOG2_E), broadcast(Exp.ROUNDER));
    FloatVector n = shifted.sub(broadcast(Exp.ROUNDER));
    FloatVector r = n.fma(broadcast(Exp.MINUS_LN2_LOW), n.fma(broadcast(Exp.MINUS_LN2_HIGH), x));
    FloatVector result = scale(polynomial(r), shifted.reinterpretAsInts());
    return result
        .blend(broadcast(0f), x.compare(VectorOperators.LT, broadcast(Exp.LOWEST)))
        .blend(
            broadcast(Float.POSITIVE_INFINITY),
            x.compare(VectorOperators.GT, broadcast(Exp.HIGHEST)));
  }

  private static FloatVector polynomial(FloatVector r) {
    return r.fma(broadcast(Exp.C6), broadcast(Exp.C5))
        .fma(r, broadcast(Exp.C4))
        .fma(r, broadcast(Exp.C3))
        .fma(r, broadcast(Exp.C2))
        .fma(r, broadcast(1f))
        .fma(r, broadcast(1f));
  }

  private static FloatVector scale(FloatVector p, IntVector shifted) {
    IntVector exponent = shifted.sub(Exp.ROUNDER_BITS);
    IntVector half = exponent.lanewise(VectorOperators.ASHR, 1);
    return p.mul(powerOfTwo(half)).mul(powerOfTwo(exponent.sub(half)));
  }

  private static FloatVector powerOfTwo(IntVector exponent) {
    return exponent
        .add(Exp.EXPONENT_BIAS)
        .lanewise(VectorOperators.LSHL, Exp.MANTISSA_BITS)
        .reinterpretAsFloats();
  }

  /** 1 / (1 + e^-x). */
  static FloatVector sigmoid(FloatVector x) {
    return broadcast(1f).div(exp(x.neg()).add(1f));
  }

  /** x / (1 + e^-x). */
  static FloatVector silu(FloatVector x) {
    return x.div(exp(x.neg()).add(1f));
  }

  private static FloatVector broadcast(float value) {
    return FloatVector.broadcast(FLOATS, value);
  }
}
