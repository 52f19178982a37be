package dev.dovetail.models.gguf;

import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.RopeConfig;
import dev.dovetail.models.RopeConfig.Scaling;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;

/** Reads {@code rope.*} of a file's metadata, and the tensor of frequency factors. */
final class RopeReader {
  static final String FACTORS = "rope_freqs.weight";
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final double DEFAULT_BASE = 10_000;
  private static final double DEFAULT_BETA_FAST = 32;
  private static final double DEFAULT_BETA_SLOW = 1;

  private final GgufFile file;
  private final Metadata metadata;
  private final String prefix;
  private final boolean interleaved;

  RopeReader(GgufFile file, String architecture) {
    this.file = file;
    this.metadata = file.metadata();
    this.prefix = architecture + ".rope.";
    this.interleaved = architecture.equals("llama");
  }

  RopeConfig read(int headDim, int context) {
    int dimensions = metadata.findInteger(prefix + "dimension_count").orElse(headDim);
    if (dimensions < 2 || dimensions % 2 != 0 || dimensions > headDim) {
      throw fault(
          "rotates %d values of a head; an even number from 2 to %d is wanted"
              .formatted(dimensions, headDim));
    }
    double base = positive("freq_base", DEFAULT_BASE);
    Scaling scaling = scaling(context);
    return new RopeConfig(
        dimensions, (float) base, interleaved, scaling, magnitude(scaling), factors(dimensions));
  }

  private Scaling scaling(int context) {
    // Early files name a linear factor without a type, under either key; factor 0 means none.
    double factor =
        metadata
            .findNumber(prefix + "scaling.factor")
            .or(() -> metadata.findNumber(prefix + "scale_linear"))
            .filter(value -> value != 0)
            .orElse(1.0);
    if (!(factor > 0 && Float.isFinite((float) factor))) {
      throw fault("stretches its context by the impossible factor " + factor);
    }
    String type = metadata.findString(prefix + "scaling.type").orElse("linear");
    return switch (type) {
      case "none" -> new Scaling.None();
      case "linear" -> factor == 1 ? new Scaling.None() : new Scaling.Linear((float) factor);
      case "yarn" -> yarn(factor, context);
      default ->
          throw fault(
              "scales its positions by '%s'; those that run are none, linear and yarn"
                  .formatted(type));
    };
  }

  private Scaling yarn(double factor, int context) {
    int original = metadata.findInteger(prefix + "scaling.original_context_length").orElse(context);
    if (original < 1) {
      throw fault("was trained on the impossible context of %d tokens".formatted(original));
    }
    return new Scaling.Yarn(
        (float) factor,
        original,
        (float) positive("scaling.yarn_beta_fast", DEFAULT_BETA_FAST),
        (float) positive("scaling.yarn_beta_slow", DEFAULT_BETA_SLOW));
  }

  /** What a file asks for, and YaRN's own part (Peng et al. 2023, 3.4). */
  private float magnitude(Scaling scaling) {
    double magnitude = positive("scaling.attn_factor", 1);
    if (scaling instanceof Scaling.Yarn yarn && yarn.factor() > 1) {
      magnitude *= 1 + 0.1 * StrictMath.log(yarn.factor());
    }
    return (float) magnitude;
  }

  private Optional<float[]> factors(int dimensions) {
    return file.find(FACTORS).map(tensor -> factors(tensor, dimensions));
  }

  private float[] factors(Tensor tensor, int dimensions) {
    if (tensor.type() != TensorType.F32 || !tensor.shape().equals(List.of(dimensions / 2L))) {
      throw fault(
          tensor,
          "is %s %s; F32 [%d] is wanted".formatted(tensor.type(), tensor.shape(), dimensions / 2));
    }
    float[] factors = tensor.data().toArray(FLOAT);
    for (float factor : factors) {
      if (!(factor > 0 && Float.isFinite(factor))) {
        throw fault(tensor, "holds the impossible factor " + factor);
      }
    }
    return factors;
  }

  private double positive(String name, double absent) {
    double value = metadata.findNumber(prefix + name).orElse(absent);
    if (!((float) value > 0 && Float.isFinite((float) value))) {
      throw fault(
          "metadata '%s' is %s; a positive number is wanted".formatted(prefix + name, value));
    }
    return value;
  }

  private ModelFormatException fault(String reason) {
    return new ModelFormatException(file.path(), reason);
  }

  private ModelFormatException fault(Tensor tensor, String reason) {
    return new ModelFormatException(
        file.path(), ModelFormatException.NO_OFFSET, tensor.name(), reason);
  }
}
