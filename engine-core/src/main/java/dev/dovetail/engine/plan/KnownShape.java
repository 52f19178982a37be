package dev.dovetail.engine.plan;

import dev.dovetail.models.TensorType;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Models whose shape is known without a file; each has a head of its own. */
public enum KnownShape {
  LLAMA2_7B("llama2-7b", 32, 4096, 32, 32, 128, 11008, 32000, 4096, false),
  LLAMA2_13B("llama2-13b", 40, 5120, 40, 40, 128, 13824, 32000, 4096, false),
  LLAMA3_8B("llama3-8b", 32, 4096, 32, 8, 128, 14336, 128256, 8192, false),
  QWEN2_5_7B("qwen2.5-7b", 28, 3584, 28, 4, 128, 18944, 152064, 32768, true);

  private final String id;
  private final int layers;
  private final int hidden;
  private final int heads;
  private final int kvHeads;
  private final int headDim;
  private final int feedForward;
  private final int vocabulary;
  private final int contextLength;
  private final boolean qkvBias;

  KnownShape(
      String id,
      int layers,
      int hidden,
      int heads,
      int kvHeads,
      int headDim,
      int feedForward,
      int vocabulary,
      int contextLength,
      boolean qkvBias) {
    this.id = id;
    this.layers = layers;
    this.hidden = hidden;
    this.heads = heads;
    this.kvHeads = kvHeads;
    this.headDim = headDim;
    this.feedForward = feedForward;
    this.vocabulary = vocabulary;
    this.contextLength = contextLength;
    this.qkvBias = qkvBias;
  }

  /**
   * The shape of a name.
   *
   * @throws IllegalArgumentException if there is none, naming those there are
   */
  public static KnownShape named(String name) {
    return Arrays.stream(values())
        .filter(shape -> shape.id.equals(name.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "there is no shape '%s'; wanted one of %s".formatted(name, names())));
  }

  /** All names, for people. */
  public static String names() {
    return Arrays.stream(values()).map(KnownShape::id).collect(Collectors.joining(", "));
  }

  /**
   * The target of this shape.
   *
   * @param cpu the type of matrices on the CPU
   * @param gpu the type of the layers' matrices on a GPU
   * @throws IllegalArgumentException if rows are no whole number of a type's blocks
   */
  public ModelShape target(TensorType cpu, TensorType gpu) {
    check(cpu);
    check(gpu);
    return ModelShape.of(this, cpu, gpu);
  }

  /**
   * A DGF draft for this target whose layers are as wide, with the whole vocabulary.
   *
   * @param layers at least 1
   * @param type of all its matrices
   */
  public DraftShape draft(int layers, TensorType type) {
    check(type);
    if (layers < 1) {
      throw new IllegalArgumentException("a draft has at least 1 layer; found " + layers);
    }
    long square = (long) hidden * hidden;
    long norm = (long) Float.BYTES * hidden;
    long table = type.bytes((long) vocabulary * hidden);
    // The first layer's norm is the fusion's.
    return new DraftShape(
        "DGF, %d layers in %s".formatted(layers, type),
        layers,
        hidden,
        headDim,
        heads * headDim,
        kvHeads * headDim,
        feedForward,
        vocabulary,
        layers * (type.bytes(layerMacs()) + 2 * norm) - norm,
        type.bytes(4 * square) + norm,
        table,
        table);
  }

  private void check(TensorType type) {
    if (hidden % type.blockSize() != 0 || feedForward % type.blockSize() != 0) {
      throw new IllegalArgumentException(
          "%s has rows of %d and %d weights, which %s cannot hold: its blocks have %d"
              .formatted(id, hidden, feedForward, type, type.blockSize()));
    }
  }

  private long layerMacs() {
    return ModelShape.layerMacs(hidden, heads, kvHeads, headDim, feedForward);
  }

  /** A layer with matrices in one type; norms and biases are in f32. */
  long layerBytes(TensorType type) {
    long vectors = 2L * hidden + (qkvBias ? (heads + 2L * kvHeads) * headDim : 0);
    return type.bytes(layerMacs()) + Float.BYTES * vectors;
  }

  public String id() {
    return id;
  }

  int layers() {
    return layers;
  }

  int hidden() {
    return hidden;
  }

  int heads() {
    return heads;
  }

  int kvHeads() {
    return kvHeads;
  }

  int headDim() {
    return headDim;
  }

  int feedForward() {
    return feedForward;
  }

  int vocabulary() {
    return vocabulary;
  }

  int contextLength() {
    return contextLength;
  }
}
