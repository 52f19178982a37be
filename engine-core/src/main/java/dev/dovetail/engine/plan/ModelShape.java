package dev.dovetail.engine.plan;

import dev.dovetail.engine.decoder.PassWork;
import dev.dovetail.engine.decoder.TargetWeights;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.models.ModelConfig;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.load.Model;
import java.util.Collections;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/**
 * A target as a plan needs it: what each part takes in memory, and what a token costs.
 *
 * @param name for people
 * @param hidden width of a feature
 * @param heads query heads
 * @param kvHeads key and value heads
 * @param headDim width of a head
 * @param feedForward width of the gated MLP
 * @param vocabulary rows of the embedding and of the head
 * @param contextLength tokens that it was made for
 * @param layerBytes of each layer, the first first, as the CPU reads it
 * @param gpuLayerBytes of each layer, as a GPU would hold it
 * @param normBytes of the norm before the head
 * @param headBytes of the head; equals {@code embeddingBytes} where {@code tiedHead}
 * @param tiedHead whether the head is the embedding, which is then held once
 */
public record ModelShape(
    String name,
    int hidden,
    int heads,
    int kvHeads,
    int headDim,
    int feedForward,
    int vocabulary,
    int contextLength,
    List<Long> layerBytes,
    List<Long> gpuLayerBytes,
    long normBytes,
    long headBytes,
    long embeddingBytes,
    boolean tiedHead) {
  public ModelShape {
    layerBytes = List.copyOf(layerBytes);
    gpuLayerBytes = List.copyOf(gpuLayerBytes);
    if (layerBytes.size() != gpuLayerBytes.size()) {
      throw new IllegalArgumentException(
          "%d layers on the CPU and %d on a GPU: wanted as many"
              .formatted(layerBytes.size(), gpuLayerBytes.size()));
    }
  }

  /** A model's own, every tensor in its file's type wherever it lies. */
  public static ModelShape of(Model model) {
    return of(model, layerBytes(model, tensor -> tensor.data().byteSize()));
  }

  /**
   * The same for a GPU that keeps some types otherwise.
   *
   * @param gpuBits bits that a weight of a type takes there, as {@link
   *     dev.dovetail.engine.device.DeviceProvider#packedBits} has it
   */
  public static ModelShape of(Model model, ToDoubleFunction<TensorType> gpuBits) {
    return of(
        model,
        layerBytes(
            model,
            tensor ->
                tensor.shape().size() == 2
                    ? (long)
                        Math.ceil(
                            (double) tensor.rows()
                                * tensor.cols()
                                * gpuBits.applyAsDouble(tensor.type())
                                / 8)
                    : Float.BYTES * elements(tensor)));
  }

  private static long elements(Tensor tensor) {
    return tensor.shape().stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
  }

  private static List<Long> layerBytes(Model model, ToLongFunction<Tensor> bytes) {
    List<Tensor> tensors = model.tensors().tensors();
    return IntStream.range(0, model.config().layers())
        .mapToObj(layer -> bytes(tensors, "blk." + layer + ".", bytes))
        .toList();
  }

  private static ModelShape of(Model model, List<Long> gpuLayerBytes) {
    ModelConfig config = model.config();
    List<Tensor> tensors = model.tensors().tensors();
    ToLongFunction<Tensor> inFile = tensor -> tensor.data().byteSize();
    return new ModelShape(
        config.name(),
        config.hidden(),
        config.heads(),
        config.kvHeads(),
        config.headDim(),
        config.feedForward(),
        config.vocabulary(),
        config.contextLength(),
        layerBytes(model, inFile),
        gpuLayerBytes,
        bytes(tensors, "output_norm.", inFile),
        TargetWeights.headTensor(model).data().byteSize(),
        TargetWeights.embeddingTensor(model).data().byteSize(),
        TargetWeights.headTensor(model).equals(TargetWeights.embeddingTensor(model)));
  }

  private static long bytes(List<Tensor> tensors, String prefix, ToLongFunction<Tensor> of) {
    return tensors.stream().filter(tensor -> tensor.name().startsWith(prefix)).mapToLong(of).sum();
  }

  /**
   * A well-known one with all matrices in one type on the CPU and one on the GPU, vectors in f32.
   */
  static ModelShape of(KnownShape shape, TensorType cpu, TensorType gpu) {
    long table = cpu.bytes((long) shape.vocabulary() * shape.hidden());
    return new ModelShape(
        shape.id(),
        shape.hidden(),
        shape.heads(),
        shape.kvHeads(),
        shape.headDim(),
        shape.feedForward(),
        shape.vocabulary(),
        shape.contextLength(),
        Collections.nCopies(shape.layers(), shape.layerBytes(cpu)),
        Collections.nCopies(shape.layers(), shape.layerBytes(gpu)),
        (long) Float.BYTES * shape.hidden(),
        table,
        table,
        false);
  }

  public int layers() {
    return layerBytes.size();
  }

  /** Multiply-adds of a token in one layer; attention's are not counted. */
  public long layerMacs() {
    return layerMacs(hidden, heads, kvHeads, headDim, feedForward);
  }

  static long layerMacs(int hidden, int heads, int kvHeads, int headDim, int feedForward) {
    return (long) hidden * (2L * heads * headDim + 2L * kvHeads * headDim + 3L * feedForward);
  }

  /** What a pass has to do on the CPU while the first {@code gpuLayers} layers are on a GPU. */
  public PassWork cpuWork(int gpuLayers) {
    long headMacs = (long) vocabulary * hidden;
    return new PassWork(
        cpuLayerBytes(gpuLayers) + normBytes + headBytes,
        (layers() - gpuLayers) * layerMacs() + headMacs,
        headMacs);
  }

  /** What the layers behind the first {@code gpuLayers} take on the CPU. */
  long cpuLayerBytes(int gpuLayers) {
    return sum(layerBytes.subList(gpuLayers, layers()));
  }

  /** What the first {@code gpuLayers} layers take on a GPU. */
  long gpuLayerBytes(int gpuLayers) {
    return sum(gpuLayerBytes.subList(0, gpuLayers));
  }

  /** Keys and values of {@code context} positions in some of the layers. */
  long kvBytes(int count, int context, KvType kv) {
    return 2L * kv.bytes() * kvHeads * headDim * context * count;
  }

  private static long sum(List<Long> bytes) {
    return bytes.stream().mapToLong(Long::longValue).sum();
  }
}
