package dev.dovetail.benchmarks;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What operations that compute little did, which JMH divides by time: GB/s. */
@AuxCounters(AuxCounters.Type.OPERATIONS)
@State(Scope.Thread)
public class Traffic {
  /** Bytes of the rows read and written, in 10^9. */
  public double gigabytes;

  void add(double gigabytesMoved) {
    gigabytes += gigabytesMoved;
  }
}
