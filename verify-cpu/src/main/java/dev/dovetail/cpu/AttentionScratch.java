package dev.dovetail.cpu;

import dev.dovetail.engine.device.KvType;

/** Memory that one worker needs to answer queries, and the keys or values it reads at the time. */
final class AttentionScratch {
  /** Bytes of keys or values that are read at a time, widened ones counted. */
  private static final int BYTES = 32 << 10;

  private static final int MIN_POSITIONS = 2 * AttentionKernels.PANEL;

  /** See {@link AttentionKernels#exponentiate}. */
  final float[] lanes = new float[Lanes.COUNT];

  /** Of one unit of work, {@code [queries][positions]}. */
  float[] scores = {};

  /** What was read last begins here at {@link #offset}. */
  float[] numbers;

  int offset;

  private final AttentionKernels kernels;
  private float[] widened = {};

  AttentionScratch(AttentionKernels kernels) {
    this.kernels = kernels;
  }

  /**
   * Positions that are read at a time: whole panels, a divisor of a block, and as many as stay in
   * the first cache for all queries.
   */
  static int positions(KvType type, int headDim) {
    int bytes = type == KvType.F32 ? Float.BYTES : type.bytes() + Float.BYTES;
    int fitting = Integer.highestOneBit(Math.max(1, BYTES / (bytes * headDim)));
    return Math.clamp(fitting, MIN_POSITIONS, CpuKvCache.BLOCK);
  }

  /** An array of this length or longer, the same one if it is long enough. */
  static float[] grown(float[] array, int length) {
    return array.length >= length ? array : new float[length + length / 2];
  }

  /** The same of integers. */
  static int[] grown(int[] array, int length) {
    return array.length >= length ? array : new int[length + length / 2];
  }

  /** Reads {@code n} numbers of a block, in f32, to {@link #numbers}, not to be modified. */
  void read(KvBlock block, int from, int n) {
    switch (block) {
      case KvBlock.Floats floats -> {
        numbers = floats.numbers();
        offset = from;
      }
      case KvBlock.Halves halves -> {
        widened = grown(widened, n);
        kernels.widen(halves.numbers(), from, n, widened, 0);
        numbers = widened;
        offset = 0;
      }
    }
  }
}
