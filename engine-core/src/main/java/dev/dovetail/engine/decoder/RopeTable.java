package dev.dovetail.engine.decoder;

import dev.dovetail.models.RopeConfig;
import dev.dovetail.models.RopeConfig.Scaling;

/**
 * The rotation of each position: cosines, then sines, of its {@code dimensions / 2} pairs.
 *
 * <p>Frequencies and angles are rounded to f32 before the sine is taken, as in the programs that
 * models are trained with: at position 8,000 an angle in f64 would differ from theirs by up to
 * 2e-4. Sines and cosines come from {@link StrictMath}, the same on every machine. Rows are made
 * once and kept. For use under the device's lock.
 */
final class RopeTable {
  private static final int BLOCK = 256;

  private final float[] frequencies;
  private final float magnitude;
  private float[][] blocks = new float[4][];
  private int filled;

  RopeTable(RopeConfig config) {
    int pairs = config.dimensions() / 2;
    frequencies = new float[pairs];
    for (int i = 0; i < pairs; i++) {
      float frequency = (float) StrictMath.pow(config.base(), -2.0 * i / config.dimensions());
      if (config.frequencyFactors().isPresent()) {
        frequency /= config.frequencyFactors().get()[i];
      }
      frequencies[i] = scaled(frequency, i, config);
    }
    magnitude = config.magnitude();
  }

  /** Writes the {@code dimensions} numbers of a position. */
  void angles(int position, float[] out, int at) {
    while (filled <= position) {
      fill(filled++);
    }
    int width = 2 * frequencies.length;
    System.arraycopy(blocks[position / BLOCK], position % BLOCK * width, out, at, width);
  }

  private void fill(int position) {
    int pairs = frequencies.length;
    int block = position / BLOCK;
    if (block == blocks.length) {
      blocks = java.util.Arrays.copyOf(blocks, 2 * block);
    }
    if (blocks[block] == null) {
      blocks[block] = new float[BLOCK * 2 * pairs];
    }
    float[] row = blocks[block];
    int at = position % BLOCK * 2 * pairs;
    for (int i = 0; i < pairs; i++) {
      float angle = position * frequencies[i];
      row[at + i] = (float) StrictMath.cos(angle) * magnitude;
      row[at + pairs + i] = (float) StrictMath.sin(angle) * magnitude;
    }
  }

  private static float scaled(float frequency, int pair, RopeConfig config) {
    return switch (config.scaling()) {
      case Scaling.None none -> frequency;
      case Scaling.Linear linear -> frequency / linear.factor();
      case Scaling.Yarn yarn -> {
        double low = Math.max(0, Math.floor(turningPair(yarn.betaFast(), yarn, config)));
        double high =
            Math.min(
                config.dimensions() - 1, Math.ceil(turningPair(yarn.betaSlow(), yarn, config)));
        double ramp = (pair - low) / Math.max(0.001, high - low);
        float kept = (float) (1 - Math.clamp(ramp, 0, 1));
        yield frequency / yarn.factor() * (1 - kept) + frequency * kept;
      }
    };
  }

  /**
   * The pair that turns {@code rotations} times within the trained context (Peng et al. 2023, 3.2).
   */
  private static double turningPair(float rotations, Scaling.Yarn yarn, RopeConfig config) {
    return config.dimensions()
        * StrictMath.log(yarn.originalContext() / (rotations * 2 * Math.PI))
        / (2 * StrictMath.log(config.base()));
  }
}
