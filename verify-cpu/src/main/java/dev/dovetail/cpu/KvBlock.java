package dev.dovetail.cpu;

import dev.dovetail.engine.device.KvType;

/** The keys, or the values, of one layer at {@value CpuKvCache#BLOCK} positions; zeros at first. */
sealed interface KvBlock {
  /** Room for {@code length} numbers. */
  static KvBlock of(KvType type, int length) {
    return switch (type) {
      case F32 -> new Floats(new float[length]);
      case F16 -> new Halves(new short[length]);
    };
  }

  /** Stores {@code n} numbers, each {@code step} after the last one. */
  void put(float[] source, int from, int n, int to, int step);

  /** Copies {@code n} numbers, as far apart here as there, from another block of this type. */
  void copy(KvBlock source, int from, int n, int to, int step);

  /** As computed. */
  record Floats(float[] numbers) implements KvBlock {
    @Override
    public void put(float[] source, int from, int n, int to, int step) {
      for (int i = 0; i < n; i++) {
        numbers[to + i * step] = source[from + i];
      }
    }

    @Override
    public void copy(KvBlock source, int from, int n, int to, int step) {
      float[] others = ((Floats) source).numbers;
      for (int i = 0; i < n; i++) {
        numbers[to + i * step] = others[from + i * step];
      }
    }
  }

  /** Rounded to f16. */
  record Halves(short[] numbers) implements KvBlock {
    /** The largest f16. */
    private static final float MOST = 65504f;

    @Override
    public void put(float[] source, int from, int n, int to, int step) {
      for (int i = 0; i < n; i++) {
        // An infinity would turn every later score into NaN. Math.clamp keeps a NaN.
        numbers[to + i * step] = Float.floatToFloat16(Math.clamp(source[from + i], -MOST, MOST));
      }
    }

    @Override
    public void copy(KvBlock source, int from, int n, int to, int step) {
      short[] others = ((Halves) source).numbers;
      for (int i = 0; i < n; i++) {
        numbers[to + i * step] = others[from + i * step];
      }
    }
  }
}
