package dev.dovetail.engine.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Percentage.withPercentage;

import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Golden bytes come from the gguf Python package; made by {@code src/test/python}. */
class QuantizeTest {
  private static final int BLOCK = 32;
  private static final byte CANARY = 0x5A;

  @ParameterizedTest
  @EnumSource(names = {"F16", "Q8_0", "Q4_0"})
  void everyBitIsThatOfTheReference(TensorType type) throws IOException {
    ByteBuffer golden;
    try (InputStream in = QuantizeTest.class.getResourceAsStream("quantize/" + type + ".bin")) {
      golden = ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
    }
    int blocks = golden.getInt();
    assertThat(blocks).isGreaterThan(50);
    int blockBytes = (int) type.bytes(BLOCK);
    for (int block = 0; block < blocks; block++) {
      float[] values = new float[BLOCK + 3];
      golden
          .slice(4 + 4 * BLOCK * block, 4 * BLOCK)
          .order(ByteOrder.LITTLE_ENDIAN)
          .asFloatBuffer()
          .get(values, 3, BLOCK);
      byte[] expected = new byte[blockBytes + 2];
      Arrays.fill(expected, CANARY);
      golden.get(4 + 4 * BLOCK * blocks + blockBytes * block, expected, 1, blockBytes);
      byte[] out = new byte[blockBytes + 2];
      Arrays.fill(out, CANARY);

      Quantize.elements(type, values, 3, BLOCK, MemorySegment.ofArray(out), 1);

      assertThat(out)
          .as("%s block %d of %s", type, block, Arrays.toString(values))
          .isEqualTo(expected);
    }
  }

  @Test
  void f32KeepsEveryBit() {
    float[] values = {0, -0f, Float.MIN_VALUE, -Float.MAX_VALUE, 1 / 3f};

    float[] back = back(TensorType.F32, values);

    assertThat(QuantGolden.bits(back, 0, 5)).isEqualTo(QuantGolden.bits(values, 0, 5));
  }

  /** What a type can spell stays what it is: the integers of a block whose largest is in it. */
  @ParameterizedTest
  @CsvSource({"Q8_0, -127, 127", "Q4_0, -8, 7"})
  void weightsOfTheTypeItselfAreExact(TensorType type, int low, int high) {
    long seed = 4;
    Random random = new Random(seed);
    float[] values = new float[64 * BLOCK];
    for (int block = 0; block < 64; block++) {
      float scale = (64 + block) / 4096f;
      for (int i = 0; i < BLOCK; i++) {
        values[block * BLOCK + i] = scale * (i == 9 ? low : random.nextInt(low, high + 1));
      }
    }

    assertThat(back(type, values)).as("seed %d", seed).isEqualTo(values);
  }

  @ParameterizedTest
  @EnumSource(names = {"Q8_0", "Q4_0"})
  void scalesThatHaveNoInverseAreZero(TensorType type) {
    float[] values = new float[BLOCK];
    Arrays.fill(values, Float.MIN_VALUE);
    values[3] = -1e-38f;

    assertThat(back(type, values)).containsOnly(0f);
  }

  @ParameterizedTest
  @CsvSource({
    "F32, NaN",
    "F32, -Infinity",
    "F16, Infinity",
    "F16, -65520",
    "Q8_0, NaN",
    "Q8_0, 8321040",
    "Q4_0, -524160"
  })
  void whatATypeCannotHoldIsRefused(TensorType type, float value) {
    float[] values = new float[256];
    values[2] = value;
    values[7] = Float.NaN;

    assertThat(Quantize.firstUnfit(type, values, 1, 255)).isEqualTo(2);
    assertThat(Quantize.firstUnfit(type, values, 8, 128)).isEqualTo(-1);
    assertThatThrownBy(() -> back(type, values))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the weight at 2 is %s, which %s cannot hold", value, type);
  }

  @Test
  void otherTypesAreNotWritten() {
    assertThatThrownBy(() -> back(TensorType.Q4_K, new float[256]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("weights are not rounded to Q4_K");
  }

  @ParameterizedTest
  @CsvSource({"F16, 65519.996", "Q8_0, 8321039.5", "Q4_0, -524159.97"})
  void theLargestThatFitsIsFinite(TensorType type, float value) {
    float[] values = new float[BLOCK];
    values[2] = value;

    assertThat(back(type, values)[2]).isCloseTo(value, withPercentage(0.1));
  }

  @Test
  void aSplitBlockAndPlacesOutsideAreRefused() {
    MemorySegment out = MemorySegment.ofArray(new byte[34]);
    assertThatThrownBy(() -> Quantize.elements(TensorType.Q8_0, new float[40], 0, 31, out, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("31 weights split a block; Q8_0 has blocks of 32");
    assertThatThrownBy(() -> Quantize.elements(TensorType.Q8_0, new float[40], 9, 32, out, 0))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> Quantize.elements(TensorType.Q8_0, new float[40], 8, 32, out, 1))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  private static float[] back(TensorType type, float[] values) {
    byte[] out = new byte[(int) type.bytes(values.length)];
    Quantize.elements(type, values, 0, values.length, MemorySegment.ofArray(out), 0);
    return Dequantize.all(
        new Tensor("t", type, List.of((long) values.length), MemorySegment.ofArray(out)));
  }
}
