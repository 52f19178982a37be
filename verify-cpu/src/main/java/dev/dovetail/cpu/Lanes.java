package dev.dovetail.cpu;

/**
 * The order of every sum over a row: element i goes to lane i mod 16, lanes are summed in order of
 * i, and the lanes are combined by halves. It fits vectors of 4, 8 and 16 lanes alike.
 */
final class Lanes {
  static final int COUNT = 16;

  private Lanes() {}

  /** The sum of all lanes; overwrites them. */
  static float combine(float[] lanes) {
    for (int half = COUNT / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        lanes[i] += lanes[i + half];
      }
    }
    return lanes[0];
  }
}
