package dev.dovetail.engine.plan;

import dev.dovetail.engine.decoder.PassWork;

/**
 * A CPU as it computes passes. A pass over n tokens takes the time of reading the weights once
 * <em>plus</em> n times that of multiplying a token by them: a core that waits for memory has soon
 * nothing left to multiply, so that the two overlap little. That is what is measured: T(n) grows
 * from the second token on by the same amount for each (performance, "Measured"), where the larger
 * of the two times would stay level at first.
 *
 * @param readGbPerS 10^9 bytes per second of weights; infinite where reading costs nothing
 * @param gmacPerS 10^9 multiply-adds per second; infinite where they cost nothing
 */
public record Cpu(double readGbPerS, double gmacPerS) {
  public Cpu {
    if (!(readGbPerS > 0) || !(gmacPerS > 0)) {
      throw new IllegalArgumentException(
          "rates must be above 0; found %s GB/s and %s GMAC/s".formatted(readGbPerS, gmacPerS));
    }
  }

  /**
   * The CPU on which passes take what was measured. Where T(n) is less than T(1), or more than n
   * times as much, no CPU does: then T(1) holds.
   *
   * @param work of these passes
   * @param oneMs T(1)
   * @param n at least 2
   * @param manyMs T(n)
   */
  public static Cpu fitted(PassWork work, double oneMs, int n, double manyMs) {
    if (n < 2 || !(oneMs > 0) || !(manyMs > 0)) {
      throw new IllegalArgumentException(
          "T(1) of %s ms and T(%d) of %s ms: wanted times above 0, and n above 1"
              .formatted(oneMs, n, manyMs));
    }
    double perToken = Math.clamp((manyMs - oneMs) / (n - 1), 0, oneMs);
    return new Cpu(
        work.bytesPerPass() / ((oneMs - perToken) * 1e6), work.macsPerToken() / (perToken * 1e6));
  }

  /** T(n). */
  public double passMs(PassWork work, int n) {
    return work.bytesPerPass() / (readGbPerS * 1e6) + n * work.macsPerToken() / (gmacPerS * 1e6);
  }
}
