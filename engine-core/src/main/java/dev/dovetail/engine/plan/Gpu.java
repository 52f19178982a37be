package dev.dovetail.engine.plan;

/**
 * A GPU as it computes passes over few tokens: its memory bounds them, and multiplying is hidden
 * behind reading.
 *
 * @param readGbPerS 10^9 bytes per second of its memory, as its maker says
 */
public record Gpu(double readGbPerS) {
  /** Of that, what kernels for few tokens reach. */
  public static final double REACH = 0.75;

  /** From one kernel to the next. */
  public static final double LAUNCH_MICROS = 5;

  /** Kernels of a decoder layer. */
  public static final int LAYER_LAUNCHES = 12;

  /** Kernels of a level of drafting outside the layers: fusion, head, choice of the nodes. */
  public static final int LEVEL_LAUNCHES = 8;

  public Gpu {
    if (!(readGbPerS > 0)) {
      throw new IllegalArgumentException(
          "a GPU's bandwidth must be above 0 GB/s; found " + readGbPerS);
    }
  }

  /** Time of one pass. */
  double passMs(long bytes, int launches) {
    return bytes / (REACH * readGbPerS * 1e6) + launches * LAUNCH_MICROS / 1e3;
  }
}
