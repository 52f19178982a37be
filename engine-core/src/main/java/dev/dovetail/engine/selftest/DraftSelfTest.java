package dev.dovetail.engine.selftest;

import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceFailure;
import dev.dovetail.engine.round.DraftModel;
import dev.dovetail.engine.round.DraftProvider;
import dev.dovetail.engine.round.DraftTarget;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.SamplingOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.StreamSupport;

/**
 * The draft that comes with the engine for a model, on a device and on the CPU, while the model
 * continues some prompts, greedy and sampled in turn.
 */
public final class DraftSelfTest {
  private static final double TOLERANCE = 2e-3;
  private static final int CONTEXT = 512;
  private static final TreeShape TREE = new TreeShape(4, 2);

  /** Short beginnings of programs. */
  public static final List<String> PROMPTS =
      List.of(
          """
          def is_palindrome(text: str) -> bool:
              \"""Whether a text reads the same from both ends.\"""
          """,
          """
          from typing import List

          def running_maximum(numbers: List[int]) -> List[int]:
              \""" The largest of the numbers up to each.
              >>> running_maximum([1, 3, 2])
              [1, 3, 3]
              \"""
          """,
          """
          def count_words(line: str) -> dict:
              \"""How often each word of a line occurs.\"""
              counts = {}
          """,
          """
          class Stack:
              def __init__(self):
                  self.items = []

              def push(self, item):
          """,
          """
          public static int gcd(int a, int b) {
            while (b != 0) {
          """,
          """
          def primes(n):
              \""" All primes below n, by a sieve. \"""
              sieve = [True] * n
          """);

  private DraftSelfTest() {}

  /**
   * Compares.
   *
   * @param model a GGUF file
   * @param tested takes the draft's weights; gives all memory back
   * @param prompts to be continued, of at most 512 tokens together with what follows
   * @param tokens that each prompt is continued by
   * @throws IllegalStateException if no draft comes with the engine for this model, or if the
   *     tested device fails; the cause is its {@link DeviceFailure}
   */
  public static DraftReport run(Path model, Device tested, List<String> prompts, int tokens) {
    TwinDrafter.Tally tally = new TwinDrafter.Tally();
    List<String> names = new ArrayList<>();
    List<String> warnings = new ArrayList<>();
    try (Engine engine =
        Dovetail.open(model)
            .context(CONTEXT)
            .gpuLayers(0)
            .onWarning(warnings::add)
            .draft(
                Draft.using(target -> {
                  DraftModel twins = twins(target, tested, tally);
                  names.add(twins.name());
                  return twins;
                }))
            .build()) {
      for (int i = 0; i < prompts.size(); i++) {
        SamplingOptions sampling =
            i % 2 == 0 ? SamplingOptions.GREEDY : SamplingOptions.of(0.8f, i);
        engine.complete(
            prompts.get(i),
            GenerationOptions.greedy().withSampling(sampling).withMaxTokens(tokens).withTree(TREE),
            token -> {});
      }
    } catch (DeviceFailure e) {
      throw new IllegalStateException(e.getMessage() + ": the draft could not be loaded", e);
    }
    if (!warnings.isEmpty()) {
      throw new IllegalStateException("drafting failed: " + warnings.getFirst());
    }
    return tally.report(names.getFirst(), TOLERANCE);
  }

  private static DraftModel twins(DraftTarget target, Device tested, TwinDrafter.Tally tally) {
    DraftModel first = bundled(target);
    try {
      DraftModel second =
          bundled(new DraftTarget(target.config(), target.embedding(), target.head(), tested));
      return new TwinDrafter.Model(first, second, tally);
    } catch (RuntimeException | Error e) {
      try (first) {
        throw e;
      }
    }
  }

  private static DraftModel bundled(DraftTarget target) {
    return StreamSupport.stream(ServiceLoader.load(DraftProvider.class).spliterator(), false)
        .map(provider -> provider.bundled(target))
        .flatMap(Optional::stream)
        .findFirst()
        .orElseThrow(
            () -> new IllegalStateException("no draft comes with the engine for this model"));
  }
}
