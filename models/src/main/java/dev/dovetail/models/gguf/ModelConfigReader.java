package dev.dovetail.models.gguf;

import dev.dovetail.models.ModelConfig;
import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.Tensor;
import java.util.Set;

/**
 * Makes a configuration from a file's metadata and tensors. The sizes stand in metadata under the
 * architecture's name ({@code llama.block_count}); biases, head norms and a separate head are seen
 * from the tensors.
 *
 * <p>{@code attention.sliding_window} is not read: llama.cpp does not read it for these
 * architectures either, and its converters do not write it for them (Mistral 7B v0.1, which was
 * trained with a window of 4,096, is a {@code llama} file without one). Where other programs write
 * it, it may stand for a window that the model's own configuration switches off. So every token
 * sees the whole context before it, as it does there.
 */
final class ModelConfigReader {
  static final String EMBEDDING = "token_embd.weight";
  static final String HEAD = "output.weight";
  private static final Set<String> ARCHITECTURES = Set.of("llama", "qwen2", "qwen3");
  private static final int MAX_LAYERS = 4096;
  private static final int MAX_WIDTH = 1 << 20;

  /** Four times the largest there is; tokens of more could not be sampled exactly. */
  private static final int MAX_VOCABULARY = 1 << 20;

  /** Beyond every model there is; a session keeps a few bytes for each token of its context. */
  private static final int MAX_CONTEXT = 1 << 24;

  private final GgufFile file;
  private final Metadata metadata;
  private final String architecture;

  ModelConfigReader(GgufFile file) {
    this.file = file;
    this.metadata = file.metadata();
    this.architecture = metadata.string("general.architecture");
  }

  ModelConfig read() {
    if (!ARCHITECTURES.contains(architecture)) {
      throw fault(
          "is a model of architecture '%s'; those that run are llama, qwen2 and qwen3"
              .formatted(architecture));
    }
    int experts = metadata.findInteger(key("expert_count")).orElse(0);
    if (experts > 0) {
      throw fault(
          "is a mixture of %d experts of architecture '%s'; only dense llama, qwen2 and qwen3 run"
              .formatted(experts, architecture));
    }
    int layers = size("block_count", MAX_LAYERS);
    int hidden = size("embedding_length", MAX_WIDTH);
    int heads = size("attention.head_count", MAX_WIDTH);
    int kvHeads = size("attention.head_count_kv", heads, MAX_WIDTH);
    if (heads % kvHeads != 0) {
      throw fault(
          "has %d query heads and %d key-value heads; the second must divide the first"
              .formatted(heads, kvHeads));
    }
    int headDim = headDim(hidden, heads);
    int context = size("context_length", MAX_CONTEXT);
    ModelConfig config =
        new ModelConfig(
            architecture,
            metadata.findString("general.name").orElse(""),
            layers,
            hidden,
            heads,
            kvHeads,
            headDim,
            size("feed_forward_length", MAX_WIDTH),
            vocabulary(),
            context,
            normEpsilon(),
            new RopeReader(file, architecture).read(headDim, context),
            qkvBias(),
            architecture.equals("qwen3"),
            file.find(HEAD).isEmpty());
    DecoderTensors.check(file, config);
    return config;
  }

  private int headDim(int hidden, int heads) {
    if (!metadata.containsKey(key("attention.key_length")) && hidden % heads != 0) {
      throw fault("has %d heads, which do not divide the width %d".formatted(heads, hidden));
    }
    int headDim = size("attention.key_length", Math.max(1, hidden / heads), MAX_WIDTH);
    int valueDim = size("attention.value_length", headDim, MAX_WIDTH);
    if (valueDim != headDim) {
      throw fault(
          "has keys of width %d and values of width %d; only equal widths run"
              .formatted(headDim, valueDim));
    }
    if ((long) heads * headDim > MAX_WIDTH) {
      throw fault(
          "has %d heads of width %d; together at most %d run".formatted(heads, headDim, MAX_WIDTH));
    }
    return headDim;
  }

  private int vocabulary() {
    Tensor embedding = file.get(EMBEDDING);
    long rows = embedding.shape().getFirst();
    if (embedding.shape().size() != 2 || rows > MAX_VOCABULARY) {
      throw new ModelFormatException(
          file.path(),
          ModelFormatException.NO_OFFSET,
          EMBEDDING,
          "has shape %s; [vocabulary][width] with at most %d rows is wanted"
              .formatted(embedding.shape(), MAX_VOCABULARY));
    }
    int tokens = metadata.findStrings("tokenizer.ggml.tokens").map(list -> list.size()).orElse(0);
    // As in llama.cpp: a row without a token could be chosen, and would have no text.
    if (tokens != 0 && tokens != rows) {
      throw fault(
          "has %d tokens in its vocabulary, but %d rows in %s".formatted(tokens, rows, EMBEDDING));
    }
    return (int) rows;
  }

  private float normEpsilon() {
    String key = key("attention.layer_norm_rms_epsilon");
    double epsilon = metadata.number(key);
    if (!(epsilon >= 0 && epsilon < 1)) {
      throw fault("metadata '%s' is %s; a number from 0 to 1 is wanted".formatted(key, epsilon));
    }
    return (float) epsilon;
  }

  private boolean qkvBias() {
    return architecture.equals("qwen2") || file.find("blk.0.attn_q.bias").isPresent();
  }

  private int size(String name, int limit) {
    return checked(name, metadata.integer(key(name)), limit);
  }

  private int size(String name, int absent, int limit) {
    return checked(name, metadata.findInteger(key(name)).orElse(absent), limit);
  }

  private int checked(String name, int value, int limit) {
    if (value < 1 || value > limit) {
      throw fault("metadata '%s' is %d; 1 to %d is wanted".formatted(key(name), value, limit));
    }
    return value;
  }

  private String key(String name) {
    return architecture + '.' + name;
  }

  private ModelFormatException fault(String reason) {
    return new ModelFormatException(file.path(), reason);
  }
}
