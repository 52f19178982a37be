package dev.dovetail.cli;

import dev.dovetail.engine.weights.Dequantize;
import dev.dovetail.engine.weights.Quantize;
import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.gguf.EncodedMetadata;
import dev.dovetail.models.gguf.GgufFile;
import dev.dovetail.models.gguf.GgufWriter;
import dev.dovetail.models.gguf.GgufWriter.TensorInfo;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A model's file written anew with its matrices in another type; vectors, integers and what has the
 * type already are copied. Each matrix is widened to f32, which is exact, and rounded once.
 */
final class Conversion {
  /** The types of matrices that can be written, spelled as on the command line. */
  enum Target {
    f32(TensorType.F32, 0),
    f16(TensorType.F16, 1),
    q8_0(TensorType.Q8_0, 7),
    q4_0(TensorType.Q4_0, 2);

    private final TensorType type;
    private final int fileType;

    Target(TensorType type, int fileType) {
      this.type = type;
      this.fileType = fileType;
    }
  }

  /** Weights that one thread converts at a time: whole blocks of every type. */
  private static final int SLICE = 1 << 16;

  /** Slices between two writes. */
  private static final int SLICES = 64;

  /** The version of the quantised types that llama.cpp has written since GGUF exists. */
  private static final int QUANTIZATION_VERSION = 2;

  private final GgufFile source;
  private final Target target;
  private final List<TensorInfo> plan;

  /**
   * @param source stays the caller's, open until the writing is done
   */
  Conversion(GgufFile source, Target target) {
    this.source = source;
    this.target = target;
    this.plan =
        source.tensors().stream()
            .map(tensor -> new TensorInfo(tensor.name(), typeOf(tensor), tensor.shape()))
            .toList();
  }

  /** Matrices whose rows are no whole number of the type's blocks; they become F16. */
  List<Tensor> unfit() {
    return source.tensors().stream().filter(tensor -> isMatrix(tensor) && !fits(tensor)).toList();
  }

  /** How many tensors of each type the file has. */
  Map<TensorType, Long> types() {
    return plan.stream()
        .collect(Collectors.groupingBy(TensorInfo::type, TreeMap::new, Collectors.counting()));
  }

  /**
   * Writes the file, as {@link GgufWriter} does.
   *
   * @throws ModelFormatException if a weight is not finite or too large for its new type
   */
  void write(Path out, ByteProgress progress) throws IOException {
    long total = plan.stream().mapToLong(TensorInfo::bytes).sum();
    List<Tensor> tensors = source.tensors();
    try (GgufWriter writer = GgufWriter.create(out, metadata(), plan);
        Arena arena = Arena.ofShared()) {
      MemorySegment room = arena.allocate(TensorType.F32.bytes((long) SLICE * SLICES));
      long done = 0;
      for (int i = 0; i < tensors.size(); i++) {
        Tensor tensor = tensors.get(i);
        TensorType type = plan.get(i).type();
        if (type == tensor.type()) {
          writer.write(tensor.data());
          done += tensor.data().byteSize();
          progress.progress(done, total);
          continue;
        }
        long elements = elements(tensor);
        for (long from = 0; from < elements; from += (long) SLICE * SLICES) {
          int count = (int) Math.min((long) SLICE * SLICES, elements - from);
          convert(tensor, from, count, type, room);
          writer.write(room.asSlice(0, type.bytes(count)));
          done += type.bytes(count);
          progress.progress(done, total);
        }
      }
      writer.finish();
    }
  }

  private EncodedMetadata metadata() {
    return source
        .encodedMetadata()
        .withU32("general.quantization_version", QUANTIZATION_VERSION)
        .withU32("general.file_type", target.fileType);
  }

  private void convert(Tensor tensor, long from, int count, TensorType type, MemorySegment out) {
    IntStream.range(0, Math.ceilDiv(count, SLICE))
        .parallel()
        .forEach(slice -> {
          int first = slice * SLICE;
          float[] weights = new float[Math.min(SLICE, count - first)];
          Dequantize.elements(tensor, from + first, weights.length, weights, 0);
          int unfit = Quantize.firstUnfit(type, weights, 0, weights.length);
          if (unfit >= 0) {
            throw cannotHold(tensor, from + first + unfit, weights[unfit], type);
          }
          Quantize.elements(type, weights, 0, weights.length, out, type.bytes(first));
        });
  }

  private ModelFormatException cannotHold(
      Tensor tensor, long element, float weight, TensorType type) {
    return new ModelFormatException(
        source.path(),
        ModelFormatException.NO_OFFSET,
        tensor.name(),
        "row %d, column %d is %s, which %s cannot hold"
            .formatted(element / tensor.cols(), element % tensor.cols(), weight, type));
  }

  private TensorType typeOf(Tensor tensor) {
    if (!isMatrix(tensor)) {
      return tensor.type();
    }
    return fits(tensor) ? target.type : TensorType.F16;
  }

  private boolean fits(Tensor tensor) {
    return tensor.cols() % target.type.blockSize() == 0;
  }

  private static boolean isMatrix(Tensor tensor) {
    return tensor.type() != TensorType.I32 && elements(tensor) != tensor.shape().getLast();
  }

  private static long elements(Tensor tensor) {
    return tensor.shape().stream().reduce(1L, (a, b) -> a * b);
  }
}
