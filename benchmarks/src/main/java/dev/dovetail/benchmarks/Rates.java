package dev.dovetail.benchmarks;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What products and attention did, which JMH divides by time: GMAC/s and GB/s. */
@AuxCounters(AuxCounters.Type.OPERATIONS)
@State(Scope.Thread)
public class Rates {
  /** Multiply-adds, in 10^9. */
  public double gmac;

  /** The weights' bytes in a model's file, or cached keys and values, read once, in 10^9. */
  public double gigabytes;

  void add(double gigaMultiplyAdds, double gigabytesRead) {
    gmac += gigaMultiplyAdds;
    gigabytes += gigabytesRead;
  }
}
