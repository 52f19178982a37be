package dev.dovetail.engine.cost;

import dev.dovetail.engine.decoder.PassWork;
import dev.dovetail.engine.device.DeviceLimits;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What passes of a target cost on this machine: the curve T(n), by which trees are chosen, and the
 * limits that it is to be judged by.
 *
 * @param kernels such as {@code panama-512}
 * @param prefix tokens in the KV cache before each pass
 * @param passMs T(n) by n: the median time of a pass over n tokens that gives the logits of all and
 *     chooses a token by each
 * @param prefillTokPerS by the prompt's length: tokens per second, up to the choice of the first
 *     token
 */
public record PassCosts(
    String kernels,
    int threads,
    DeviceLimits limits,
    PassWork work,
    int prefix,
    SortedMap<Integer, Double> passMs,
    SortedMap<Integer, Double> prefillTokPerS) {
  public PassCosts {
    passMs = Collections.unmodifiableSortedMap(new TreeMap<>(passMs));
    prefillTokPerS = Collections.unmodifiableSortedMap(new TreeMap<>(prefillTokPerS));
  }

  /** The bytes that a pass over n tokens reads, per second, in 10^9. */
  public double readGbPerS(int n) {
    return work.bytesPerPass() / (passMs.get(n) * 1e6);
  }

  /** The multiply-adds of a pass over n tokens, per second, in 10^9. */
  public double gmacPerS(int n) {
    return (double) n * work.macsPerToken() / (passMs.get(n) * 1e6);
  }

  /** {@link #readGbPerS} as a share of its limit. */
  public double readShare(int n) {
    return readGbPerS(n) / limits.readGbPerS();
  }

  /** {@link #gmacPerS} as a share of its limit. */
  public double fmaShare(int n) {
    return gmacPerS(n) / limits.fmaGmacPerS();
  }

  /**
   * The share of the FMA limit that a prompt of that length reaches. The head, which a prompt needs
   * only once, is not counted.
   */
  public double prefillFmaShare(int length) {
    return prefillTokPerS.get(length)
        * (work.macsPerToken() - work.headMacs())
        / 1e9
        / limits.fmaGmacPerS();
  }
}
