package dev.dovetail.dgf;

import dev.dovetail.engine.decoder.Decoder;
import dev.dovetail.engine.decoder.DecoderShape;
import dev.dovetail.engine.decoder.LayerWeights;
import dev.dovetail.engine.device.Allocation;
import dev.dovetail.engine.device.Buffer;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.round.DraftTarget;
import dev.dovetail.engine.weights.Dequantize;
import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorFile;
import dev.dovetail.models.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The tensors of a draft checkpoint, by their names in PyTorch, onto a device.
 *
 * @param file the tensors
 * @param config what they must fit
 */
record DgfCheckpoint(TensorFile file, DgfConfig config) {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort HALF =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Packs the draft for the target's device, whole or not at all. */
  DgfWeights load(DraftTarget target) {
    DecoderShape shape = config.shape();
    Device device = target.device();
    int d = shape.hidden();
    int[] draftVocabulary = draftVocabulary();
    try (Arena arena = Arena.ofShared();
        Allocation memory = new Allocation(device, device::draftMatrix)) {
      List<LayerWeights> layers = new ArrayList<>();
      for (int i = 0; i < shape.layers(); i++) {
        layers.add(layer(i, memory));
      }
      return memory.complete(
          new DgfWeights(
              device,
              memory.embedding(target.embedding()),
              norm("input_layernorm.weight", memory),
              shape.normEpsilon(),
              memory.matrix(List.of(fusionWeight("W_1", d, d, arena))),
              memory.matrix(List.of(fusionWeight("W_2", d, d, arena))),
              memory.matrix(List.of(fusionWeight("W_z", 2 * d, d, arena))),
              new Decoder(device, shape, layers),
              memory.matrix(List.of(headRows(target.head(), draftVocabulary, arena))),
              draftVocabulary == null ? null : memory.tokenIds(draftVocabulary)));
    }
  }

  private LayerWeights layer(int index, Allocation memory) {
    DecoderShape shape = config.shape();
    int d = shape.hidden();
    String prefix = "layers." + index + ".";
    String attention = prefix + "self_attn.";
    String mlp = prefix + "mlp.";
    return new LayerWeights(
        // The fusion normalises what enters the first layer.
        index == 0
            ? Optional.empty()
            : Optional.of(norm(prefix + "input_layernorm.weight", memory)),
        memory.matrix(
            List.of(
                tensor(attention + "q_proj.weight", shape.queryWidth(), d),
                tensor(attention + "k_proj.weight", shape.kvWidth(), d),
                tensor(attention + "v_proj.weight", shape.kvWidth(), d))),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        memory.matrix(List.of(tensor(attention + "o_proj.weight", d, shape.queryWidth()))),
        norm(prefix + "post_attention_layernorm.weight", memory),
        memory.matrix(
            List.of(
                tensor(mlp + "gate_proj.weight", shape.feedForward(), d),
                tensor(mlp + "up_proj.weight", shape.feedForward(), d))),
        memory.matrix(List.of(tensor(mlp + "down_proj.weight", d, shape.feedForward()))));
  }

  private Buffer norm(String name, Allocation memory) {
    return memory.upload(Dequantize.all(tensor(name, config.shape().hidden())));
  }

  private Tensor tensor(String name, long... extents) {
    Tensor tensor = file.get(name);
    List<Long> wanted = java.util.Arrays.stream(extents).boxed().toList();
    if (!tensor.shape().equals(wanted) || tensor.type() == TensorType.I32) {
      throw bad(
          name,
          "has shape %s and type %s; wanted %s, of weights"
              .formatted(tensor.shape(), tensor.type(), wanted));
    }
    return tensor;
  }

  /** The token of each row of the head, or null for the whole vocabulary. */
  private int[] draftVocabulary() {
    if (config.draftVocabulary() == config.vocabulary() && file.find("draft_vocab").isEmpty()) {
      return null;
    }
    Tensor tensor = file.get("draft_vocab");
    if (tensor.type() != TensorType.I32
        || !tensor.shape().equals(List.of((long) config.draftVocabulary()))) {
      throw bad(
          "draft_vocab",
          "has shape %s and type %s; wanted [%d] of I32"
              .formatted(tensor.shape(), tensor.type(), config.draftVocabulary()));
    }
    int[] ids = tensor.data().toArray(INT);
    for (int i = 0; i < ids.length; i++) {
      int least = i == 0 ? 0 : ids[i - 1] + 1;
      if (ids[i] < least || ids[i] >= config.vocabulary()) {
        throw bad(
            "draft_vocab",
            "entry %d is %d; wanted token ids from %d to %d, ascending"
                .formatted(i, ids[i], least, config.vocabulary() - 1));
      }
    }
    return ids;
  }

  /**
   * A weight that is written x W, as {@code [out][in]}; quantised drafts store it so, as {@code
   * NAME.T}.
   */
  private Tensor fusionWeight(String name, int in, int out, Arena arena) {
    return file.find(name + ".T").isPresent()
        ? tensor(name + ".T", out, in)
        : transposed(tensor(name, in, out), arena);
  }

  private static Tensor transposed(Tensor tensor, Arena arena) {
    int rows = tensor.rows();
    int cols = tensor.cols();
    float[] values = Dequantize.all(tensor);
    boolean half = tensor.type() == TensorType.F16;
    TensorType type = half ? TensorType.F16 : TensorType.F32;
    MemorySegment data = arena.allocate(type.bytes((long) rows * cols), 64);
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < cols; c++) {
        long at = (long) c * rows + r;
        float value = values[r * cols + c];
        if (half) {
          data.setAtIndex(HALF, at, Float.floatToFloat16(value));
        } else {
          data.setAtIndex(FLOAT, at, value);
        }
      }
    }
    return new Tensor(tensor.name() + " transposed", type, List.of((long) cols, (long) rows), data);
  }

  /** The rows of the target's head that the draft can guess, in their own type. */
  private static Tensor headRows(Tensor head, int[] draftVocabulary, Arena arena) {
    if (draftVocabulary == null) {
      return head;
    }
    long rowBytes = head.rowBytes();
    MemorySegment rows = arena.allocate(rowBytes * draftVocabulary.length, 64);
    for (int i = 0; i < draftVocabulary.length; i++) {
      MemorySegment.copy(head.data(), draftVocabulary[i] * rowBytes, rows, i * rowBytes, rowBytes);
    }
    return new Tensor(
        head.name() + " of the draft vocabulary",
        head.type(),
        List.of((long) draftVocabulary.length, (long) head.cols()),
        rows);
  }

  private ModelFormatException bad(String tensor, String reason) {
    return new ModelFormatException(file.path(), ModelFormatException.NO_OFFSET, tensor, reason);
  }
}
