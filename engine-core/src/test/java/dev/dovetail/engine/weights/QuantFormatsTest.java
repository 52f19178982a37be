package dev.dovetail.engine.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.models.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class QuantFormatsTest {

  @ParameterizedTest
  @CsvSource({
    "Q4_0, 32, false",
    "Q4_1, 32, true",
    "Q5_0, 32, false",
    "Q5_1, 32, true",
    "Q8_0, 32, false",
    "Q2_K, 16, true",
    "Q3_K, 16, false",
    "Q4_K, 32, true",
    "Q5_K, 32, true",
    "Q6_K, 16, false",
    "IQ4_NL, 32, false",
    "IQ4_XS, 32, false"
  })
  void groupsAndMins(TensorType type, int groupSize, boolean hasMin) {
    QuantFormat format = QuantFormats.of(type);
    assertThat(format.groupSize()).isEqualTo(groupSize);
    assertThat(format.hasMin()).isEqualTo(hasMin);
    assertThat(QuantFormats.of(type)).isSameAs(format);
  }

  /** A block from the middle, into the middle of arrays that hold other things. */
  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"F32", "F16", "BF16", "I32"})
  void decodesInPlaceAndWritesNothingElse(TensorType type) {
    QuantGolden golden = QuantGolden.load(type);
    QuantFormat format = QuantFormats.of(type);
    int groups = type.blockSize() / format.groupSize();
    byte[] quants = new byte[type.blockSize() + 5];
    float[] scales = new float[groups + 5];
    float[] mins = new float[groups + 5];
    // Only as much of the file as ends with the block, one byte off any alignment.
    int block = golden.count() / 2;
    int bytes = (block + 1) * type.blockBytes();
    byte[] shifted = new byte[bytes + 1];
    System.arraycopy(golden.blocks(), 0, shifted, 1, bytes);

    Arrays.fill(quants, (byte) 77);
    Arrays.fill(scales, 7e7f);
    Arrays.fill(mins, 7e7f);
    long offset = 1 + (long) block * type.blockBytes();
    format.decode(MemorySegment.ofArray(shifted), offset, quants, 3, scales, mins, 2);

    assertThat(quants).startsWith(77, 77, 77).endsWith(77, 77);
    for (float[] written : new float[][] {scales, mins}) {
      assertThat(written).startsWith(7e7f, 7e7f).endsWith(7e7f, 7e7f, 7e7f);
    }
    for (int i = 0; i < type.blockSize(); i++) {
      int group = 2 + i / format.groupSize();
      float weight = scales[group] * quants[3 + i] + mins[group];
      assertThat(weight)
          .as("%s weight %d", type, i)
          .isEqualTo(golden.weights()[block * type.blockSize() + i] + 0f);
      if (!format.hasMin()) {
        assertThat(mins[group]).isZero();
      }
    }
  }

  /** What lets kernels choose freely between a multiply and an add and a fused multiply-add. */
  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"F32", "F16", "BF16", "I32"})
  void productsAreExact(TensorType type) {
    QuantGolden golden = QuantGolden.load(type);
    QuantFormat format = QuantFormats.of(type);
    byte[] quants = new byte[type.blockSize()];
    float[] scales = new float[type.blockSize() / format.groupSize()];
    float[] mins = new float[scales.length];
    for (int block = 0; block < golden.count(); block++) {
      long offset = (long) block * type.blockBytes();
      format.decode(MemorySegment.ofArray(golden.blocks()), offset, quants, 0, scales, mins, 0);
      for (int i = 0; i < quants.length; i++) {
        float scale = scales[i / format.groupSize()];
        float product = scale * quants[i];
        assertThat((double) product)
            .as("%s block %d weight %d", type, block, i)
            .isEqualTo((double) scale * quants[i]);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16", "I32"})
  void typesWithoutBlocksHaveNoFormat(TensorType type) {
    assertThatThrownBy(() -> QuantFormats.of(type))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(type + " is not quantised");
  }
}
