package dev.dovetail.cpu;

import java.lang.foreign.MemorySegment;

/**
 * Which kernels run, decided once, when this class loads: Panama's where the module {@code
 * jdk.incubator.vector} is there and memory may be addressed, else the scalar ones. {@code
 * -Ddovetail.kernels=scalar|panama} and {@code -Ddovetail.vectorBits=128|256|512} choose otherwise.
 * Nothing else asks what the CPU can do.
 *
 * @param vectorBits the width of the vectors; 0 for scalar kernels
 */
record KernelSettings(int vectorBits) {
  private static final String MODULE = "jdk.incubator.vector";
  private static final String FLAGS =
      "--add-modules " + MODULE + " --enable-native-access=ALL-UNNAMED";
  private static final KernelSettings CURRENT = read();

  static KernelSettings current() {
    return CURRENT;
  }

  /** Whether classes that use the vector module may be loaded. */
  boolean panama() {
    return vectorBits > 0;
  }

  /** Such as {@code panama-512} or {@code scalar}. */
  String name() {
    return panama() ? "panama-" + vectorBits : "scalar";
  }

  MatmulKernels matmul() {
    return panama() ? new PanamaMatmulKernels() : new ScalarMatmulKernels();
  }

  ElementKernels elements() {
    return panama() ? new PanamaElementKernels() : new ScalarElementKernels();
  }

  AttentionKernels attention() {
    return panama() ? new PanamaAttentionKernels() : new ScalarAttentionKernels();
  }

  LimitKernels limits() {
    return panama() ? new PanamaLimitKernels() : new ScalarLimitKernels();
  }

  private static KernelSettings read() {
    boolean present = ModuleLayer.boot().findModule(MODULE).isPresent() && memoryIsOpen();
    String kernels = System.getProperty("dovetail.kernels", "");
    return switch (kernels) {
      case "scalar" -> new KernelSettings(0);
      case "panama" -> {
        if (!present) {
          throw new IllegalStateException(
              "dovetail.kernels=panama needs the module %s and native access: start java with %s"
                  .formatted(MODULE, FLAGS));
        }
        yield new KernelSettings(bits());
      }
      case "" -> {
        if (!present) {
          System.getLogger(KernelSettings.class.getName())
              .log(
                  System.Logger.Level.WARNING,
                  "The slow scalar kernels run: start java with {0} for fast ones.",
                  FLAGS);
        }
        yield new KernelSettings(present ? bits() : 0);
      }
      default ->
          throw new IllegalArgumentException(
              "dovetail.kernels is '%s'; it can be scalar or panama".formatted(kernels));
    };
  }

  /**
   * Whether the JVM lets kernels address memory; where it was not told so, it warns, or refuses.
   */
  @SuppressWarnings("restricted")
  private static boolean memoryIsOpen() {
    try {
      return MemorySegment.NULL.reinterpret(1).byteSize() == 1;
    } catch (IllegalCallerException refused) {
      return false;
    }
  }

  private static int bits() {
    String asked = System.getProperty("dovetail.vectorBits", "");
    return switch (asked) {
      case "" -> PreferredVector.bits();
      case "128", "256", "512" -> Integer.parseInt(asked);
      default ->
          throw new IllegalArgumentException(
              "dovetail.vectorBits is '%s'; it can be 128, 256 or 512".formatted(asked));
    };
  }

  /** In a class of its own, which loads only where the module is there. */
  private static final class PreferredVector {
    static int bits() {
      return Math.clamp(
          jdk.incubator.vector.VectorShape.preferredShape().vectorBitSize(), 128, 512);
    }
  }
}
