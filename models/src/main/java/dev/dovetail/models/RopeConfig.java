package dev.dovetail.models;

import java.util.Optional;

/**
 * Rotary position embedding (Su et al. 2021) as a model asks for it.
 *
 * @param dimensions how many of a head's values are rotated, even
 * @param base theta: pair i turns by position * base^(-2i/dimensions)
 * @param interleaved whether pair i is (2i, 2i+1), as llama GGUF files store it, or (i, i +
 *     dimensions/2)
 * @param scaling what stretches the context beyond the trained one
 * @param magnitude multiplies sines and cosines, and so the rotated values: 1 but for YaRN or where
 *     a file asks for it
 * @param frequencyFactors {@code [dimensions/2]} divisors of the frequencies (the tensor {@code
 *     rope_freqs} of Llama 3), if any; not modified
 */
public record RopeConfig(
    int dimensions,
    float base,
    boolean interleaved,
    Scaling scaling,
    float magnitude,
    Optional<float[]> frequencyFactors) {

  /** How positions beyond the trained context are reached. */
  public sealed interface Scaling {
    /** Positions as they are. */
    record None() implements Scaling {}

    /** Positions divided by {@code factor} (Chen et al. 2023). */
    record Linear(float factor) implements Scaling {}

    /**
     * YaRN (Peng et al. 2023): frequencies interpolated by parts.
     *
     * @param factor how far the context is stretched
     * @param originalContext the trained context, tokens
     * @param betaFast turns over the trained context above which a frequency stays as it is
     * @param betaSlow turns below which a frequency is divided by {@code factor}
     */
    record Yarn(float factor, int originalContext, float betaFast, float betaSlow)
        implements Scaling {}
  }
}
