package dev.dovetail.engine.weights;

import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * Blocks of one type and their weights by the gguf Python package; made by {@code src/test/python}.
 */
final class QuantGolden {
  private final TensorType type;
  private final byte[] blocks;
  private final float[] weights;

  private QuantGolden(TensorType type, byte[] blocks, float[] weights) {
    this.type = type;
    this.blocks = blocks;
    this.weights = weights;
  }

  static QuantGolden load(TensorType type) {
    byte[] file;
    try (InputStream in = QuantGolden.class.getResourceAsStream(type + ".bin")) {
      file = in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ByteBuffer buffer = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int count = buffer.getInt();
    byte[] blocks = new byte[count * type.blockBytes()];
    buffer.get(blocks);
    float[] weights = new float[count * type.blockSize()];
    buffer.asFloatBuffer().get(weights);
    return new QuantGolden(type, blocks, weights);
  }

  /** The bytes of the blocks, one after the other; not to be modified. */
  byte[] blocks() {
    return blocks;
  }

  /** What the blocks stand for; not to be modified. */
  float[] weights() {
    return weights;
  }

  /** How many blocks there are. */
  int count() {
    return blocks.length / type.blockBytes();
  }

  /** The blocks as a matrix of {@code rows} rows; they must divide into them. */
  Tensor matrix(int rows) {
    return new Tensor(
        "golden",
        type,
        List.of((long) rows, (long) weights.length / rows),
        MemorySegment.ofArray(blocks));
  }

  /** The bits of some weights: floats compared by value would not tell -0 from 0. */
  static int[] bits(float[] values, int from, int to) {
    int[] bits = new int[to - from];
    Arrays.setAll(bits, i -> Float.floatToRawIntBits(values[from + i]));
    return bits;
  }
}
