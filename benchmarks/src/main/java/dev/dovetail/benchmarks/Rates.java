package dev.dovetail.benchmarks;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What an operation did, which JMH divides by time: GMAC/s and GB/s beside the operations per
 * second.
 */
@AuxCounters(AuxCounters.Type.OPERATIONS)
@State(Scope.Thread)
public class Rates {
  /** Multiply-adds, in 10^9. */
  public double gmac;

  /** Weights or cached keys and values read once, in 10^9 bytes. */
  public double gigabytes;

  void add(long multiplyAdds, long bytes) {
    gmac += multiplyAdds / 1e9;
    gigabytes += bytes / 1e9;
  }
}
