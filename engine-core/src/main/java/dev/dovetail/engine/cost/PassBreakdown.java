package dev.dovetail.engine.cost;

import dev.dovetail.engine.device.OperationTimes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where the time of a pass goes: of several, the one of median length.
 *
 * @param n tokens of a pass
 * @param passMs the whole pass, as in {@link PassCosts#passMs}
 * @param choiceMs choosing a token by each row of logits
 * @param operations by {@linkplain OperationTimes name}, in the order of a pass
 */
public record PassBreakdown(
    int n, double passMs, double choiceMs, Map<String, Operation> operations) {
  private static final int WARM_UP = 10;
  private static final int PASSES = 20;

  /**
   * The operations of one name in a pass.
   *
   * @param ms all of them together
   * @param bytes that they read of weights, in their file
   */
  public record Operation(double calls, double ms, double bytes) {}

  public PassBreakdown {
    operations = new LinkedHashMap<>(operations);
  }

  /**
   * Measures.
   *
   * @param meter of an engine that was built with {@code times}, and has measured before
   * @param prefix tokens in the KV cache before a pass
   * @param n 1 to {@link CostMeter#MOST_TOKENS}
   */
  public static PassBreakdown measure(CostMeter meter, OperationTimes times, int prefix, int n) {
    meter.fill(prefix);
    for (int i = 0; i < WARM_UP; i++) {
      meter.verify(n);
      meter.choose(n);
    }
    List<PassBreakdown> passes = new ArrayList<>();
    for (int i = 0; i < PASSES; i++) {
      passes.add(pass(meter, times, n));
    }
    passes.sort(Comparator.comparingDouble(PassBreakdown::passMs));
    return passes.get(PASSES / 2);
  }

  private static PassBreakdown pass(CostMeter meter, OperationTimes times, int n) {
    times.reset();
    long start = System.nanoTime();
    meter.verify(n);
    long verified = System.nanoTime();
    meter.choose(n);
    long chosen = System.nanoTime();
    Map<String, Operation> operations = new LinkedHashMap<>();
    times
        .totals()
        .forEach((name, total) ->
            operations.put(name, new Operation(total.calls(), total.nanos() / 1e6, total.bytes())));
    return new PassBreakdown(n, (chosen - start) / 1e6, (chosen - verified) / 1e6, operations);
  }

  /** What lies between the operations. */
  public double restMs() {
    return passMs - choiceMs - operations.values().stream().mapToDouble(Operation::ms).sum();
  }

  /** Multiplications with weights, each of which ends in a barrier. */
  public double multiplications() {
    return operations.values().stream()
        .filter(operation -> operation.bytes() > 0)
        .mapToDouble(Operation::calls)
        .sum();
  }
}
