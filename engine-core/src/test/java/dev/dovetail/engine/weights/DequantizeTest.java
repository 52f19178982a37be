package dev.dovetail.engine.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DequantizeTest {

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"F32", "F16", "BF16", "I32"})
  void rowsEqualTheReferenceInEveryBit(TensorType type) {
    QuantGolden golden = QuantGolden.load(type);
    int rows = 4;
    Tensor matrix = golden.matrix(rows);
    int cols = matrix.cols();
    float[] out = new float[cols + 2];
    for (int row = 0; row < rows; row++) {
      Arrays.fill(out, Float.MAX_VALUE);
      Dequantize.row(matrix, row, out, 1);
      assertThat(QuantGolden.bits(out, 1, cols + 1))
          .as("%s row %d", type, row)
          .isEqualTo(QuantGolden.bits(golden.weights(), row * cols, (row + 1) * cols));
      assertThat(out[0]).isEqualTo(Float.MAX_VALUE);
      assertThat(out[cols + 1]).isEqualTo(Float.MAX_VALUE);
    }
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"F32", "F16", "BF16", "I32"})
  void elementsMayCrossTheEndsOfRows(TensorType type) {
    QuantGolden golden = QuantGolden.load(type);
    Tensor matrix = golden.matrix(golden.count());
    int from = type.blockSize();
    int count = 3 * type.blockSize();
    float[] out = new float[count];
    Dequantize.elements(matrix, from, count, out, 0);
    assertThat(QuantGolden.bits(out, 0, count))
        .isEqualTo(QuantGolden.bits(golden.weights(), from, from + count));
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"F32", "F16", "BF16", "I32"})
  void allIsEveryRow(TensorType type) {
    QuantGolden golden = QuantGolden.load(type);
    float[] all = Dequantize.all(golden.matrix(4));
    assertThat(all).hasSameSizeAs(golden.weights());
    assertThat(QuantGolden.bits(all, 0, all.length))
        .isEqualTo(QuantGolden.bits(golden.weights(), 0, all.length));
  }

  @Test
  void everyFiniteHalfWidensExactly() {
    ByteBuffer bytes = ByteBuffer.allocate(2 * 0x10000).order(ByteOrder.LITTLE_ENDIAN);
    for (int half = 0; half < 0x10000; half++) {
      bytes.putShort((short) half);
    }
    float[] out = new float[0x10000];
    Dequantize.row(vector(TensorType.F16, 0x10000, bytes), 0, out, 0);
    for (int half = 0; half < 0x10000; half++) {
      int exponent = (half >>> 10) & 0x1F;
      int fraction = half & 0x3FF;
      if (exponent == 0x1F) {
        continue;
      }
      double magnitude =
          exponent == 0
              ? Math.scalb((double) fraction, -24)
              : Math.scalb((double) (1024 + fraction), exponent - 25);
      float expected = (float) (half < 0x8000 ? magnitude : -magnitude);
      assertThat(Float.floatToRawIntBits(out[half]))
          .as("half 0x%04x", half)
          .isEqualTo(Float.floatToRawIntBits(expected));
    }
  }

  @Test
  void bf16IsTheUpperHalfOfAnF32() {
    ByteBuffer bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putShort((short) 0x3F80).putShort((short) 0xC048);
    bytes.putShort((short) 0x8000).putShort((short) 0x0001);
    float[] out = new float[5];
    Dequantize.row(vector(TensorType.BF16, 4, bytes), 0, out, 1);
    float tiny = 0x1p-133f;
    assertThat(QuantGolden.bits(out, 0, 5))
        .isEqualTo(QuantGolden.bits(new float[] {0, 1, -3.125f, -0f, tiny}, 0, 5));
  }

  @Test
  void f32IsCopiedFromTheMiddle() {
    ByteBuffer bytes = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putFloat(1).putFloat(-0f).putFloat(Float.MIN_VALUE).putFloat(4);
    float[] out = new float[3];
    Dequantize.elements(vector(TensorType.F32, 4, bytes), 1, 2, out, 1);
    assertThat(QuantGolden.bits(out, 0, 3))
        .isEqualTo(QuantGolden.bits(new float[] {0, -0f, Float.MIN_VALUE}, 0, 3));
  }

  @Test
  void aSplitBlockIsRefused() {
    Tensor matrix = QuantGolden.load(TensorType.Q4_0).matrix(1);
    assertThatThrownBy(() -> Dequantize.elements(matrix, 16, 32, new float[32], 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "tensor 'golden': elements 16 to 48 split a block; Q4_0 is read in blocks of 32");
    assertThatThrownBy(() -> Dequantize.elements(matrix, 0, 31, new float[32], 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void placesOutsideTheTensorOrTheArrayAreRefused() {
    QuantGolden golden = QuantGolden.load(TensorType.Q8_0);
    Tensor matrix = golden.matrix(golden.count());
    float[] out = new float[32];
    assertThatThrownBy(() -> Dequantize.row(matrix, golden.count(), out, 0))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> Dequantize.row(matrix, -1, out, 0))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> Dequantize.row(matrix, 0, out, 1))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> Dequantize.elements(matrix, golden.weights().length, 32, out, 0))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> Dequantize.elements(matrix, 0, -32, out, 0))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void integersAreNotWeights() {
    Tensor ids = vector(TensorType.I32, 2, ByteBuffer.allocate(8));
    assertThatThrownBy(() -> Dequantize.row(ids, 0, new float[2], 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tensor 'v' holds integers (I32), not weights");
  }

  private static Tensor vector(TensorType type, long length, ByteBuffer bytes) {
    return new Tensor("v", type, List.of(length), MemorySegment.ofBuffer(bytes.clear()));
  }
}
