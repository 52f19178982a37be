package dev.dovetail.engine;

import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.SamplingOptions;
import java.util.List;
import java.util.Optional;

/**
 * How one text is generated. Immutable but for the cancellation, which all copies made by the
 * {@code with} methods share: texts that shall end apart get one each.
 *
 * @param maxTokens most tokens to emit, the one that ends the text included
 * @param sampling how each token is chosen
 * @param stops strings that end the text, wherever token boundaries fall; none is empty
 * @param tree how large trees are in every round; empty: the engine's choice
 * @param cancellation ends the generation early
 */
public record GenerationOptions(
    int maxTokens,
    SamplingOptions sampling,
    List<String> stops,
    Optional<TreeShape> tree,
    Cancellation cancellation) {

  public GenerationOptions {
    stops = List.copyOf(stops);
    if (maxTokens < 1) {
      throw new IllegalArgumentException("maxTokens must be at least 1; found " + maxTokens);
    }
    if (stops.contains("")) {
      throw new IllegalArgumentException("a stop string is empty; it would end every text");
    }
  }

  /** Greedy, up to 1,024 tokens. */
  public static GenerationOptions greedy() {
    return new GenerationOptions(
        1024, SamplingOptions.GREEDY, List.of(), Optional.empty(), new Cancellation());
  }

  /** These options with another limit. */
  public GenerationOptions withMaxTokens(int tokens) {
    return new GenerationOptions(tokens, sampling, stops, tree, cancellation);
  }

  /** These options with another way to choose tokens. */
  public GenerationOptions withSampling(SamplingOptions options) {
    return new GenerationOptions(maxTokens, options, stops, tree, cancellation);
  }

  /** These options with other stop strings. */
  public GenerationOptions withStops(List<String> strings) {
    return new GenerationOptions(maxTokens, sampling, strings, tree, cancellation);
  }

  /** These options with trees of this shape instead of the engine's choice. */
  public GenerationOptions withTree(TreeShape shape) {
    return new GenerationOptions(maxTokens, sampling, stops, Optional.of(shape), cancellation);
  }

  /** These options with another switch to end the text. */
  public GenerationOptions withCancellation(Cancellation signal) {
    return new GenerationOptions(maxTokens, sampling, stops, tree, signal);
  }
}
