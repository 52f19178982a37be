package dev.dovetail.engine;

import dev.dovetail.engine.sampling.SamplingOptions;
import java.util.List;
import java.util.Objects;

/**
 * One of many prompts for a {@link BatchGenerator}.
 *
 * @param id by which its text is known; any text
 * @param tokens the prompt's token ids; not to be modified
 * @param maxTokens most tokens to generate, the one that ends the text included; 0: the prompt is
 *     read, and nothing follows
 * @param sampling how each token is chosen
 * @param stops strings that end the text, wherever token boundaries fall; none is empty
 * @param features whether the text comes with its features
 */
public record BatchPrompt(
    String id,
    int[] tokens,
    int maxTokens,
    SamplingOptions sampling,
    List<String> stops,
    boolean features) {
  public BatchPrompt {
    Objects.requireNonNull(id);
    Objects.requireNonNull(sampling);
    stops = List.copyOf(stops);
    if (maxTokens < 0) {
      throw new IllegalArgumentException("maxTokens must be at least 0; found " + maxTokens);
    }
    if (stops.contains("")) {
      throw new IllegalArgumentException("a stop string is empty; it would end every text");
    }
  }

  /** A prompt that is continued greedily, without features. */
  public static BatchPrompt greedy(String id, int[] tokens, int maxTokens) {
    return new BatchPrompt(id, tokens, maxTokens, SamplingOptions.GREEDY, List.of(), false);
  }

  /** This prompt with another way to choose tokens. */
  public BatchPrompt withSampling(SamplingOptions options) {
    return new BatchPrompt(id, tokens, maxTokens, options, stops, features);
  }

  /** This prompt with other stop strings. */
  public BatchPrompt withStops(List<String> strings) {
    return new BatchPrompt(id, tokens, maxTokens, sampling, strings, features);
  }

  /** This prompt with the features of its text. */
  public BatchPrompt withFeatures() {
    return new BatchPrompt(id, tokens, maxTokens, sampling, stops, true);
  }
}
