package dev.dovetail.engine.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PhiloxTest {
  /** The known answers for philox4x32 with 10 rounds that are published with Random123. */
  @ParameterizedTest
  @CsvSource({
    "00000000 00000000 00000000 00000000, 00000000 00000000, 6627e8d5 e169c58d bc57ac4c 9b00dbd8",
    "ffffffff ffffffff ffffffff ffffffff, ffffffff ffffffff, 408f276d 41c83b0e a20bc7c6 6d5451fd",
    "243f6a88 85a308d3 13198a2e 03707344, a4093822 299f31d0, d16cfe09 94fdcceb 5001e420 24126ea1",
  })
  void knownAnswers(String counter, String key, String expected) {
    int[] c = words(counter);
    int[] k = words(key);
    int[] e = words(expected);
    long keyBits = Philox.pair(k[0], k[1]);
    long low = Philox.pair(c[0], c[1]);
    long high = Philox.pair(c[2], c[3]);
    assertThat(Philox.bits(keyBits, low, high, 0)).isEqualTo(Philox.pair(e[0], e[1]));
    assertThat(Philox.bits(keyBits, low, high, 1)).isEqualTo(Philox.pair(e[2], e[3]));
  }

  @Test
  void uniformIsInsideTheUnitInterval() {
    assertThat(Philox.unit(0)).isEqualTo(0x1p-54);
    assertThat(Philox.unit(1L << 11)).isEqualTo(0x1p-53);
    assertThat(Philox.unit(-1L)).isEqualTo(1 - 0x1p-53).isLessThan(1);
  }

  @Test
  void uniformDependsOnEveryArgument() {
    double u = Philox.uniform(1, 2, 3);
    assertThat(Philox.uniform(1, 2, 3)).isEqualTo(u);
    assertThat(Philox.uniform(1L << 32 | 1, 2, 3)).isNotEqualTo(u);
    assertThat(Philox.uniform(2, 2, 3)).isNotEqualTo(u);
    assertThat(Philox.uniform(1, 3, 3)).isNotEqualTo(u);
    assertThat(Philox.uniform(1, 2, 4)).isNotEqualTo(u);
    assertThat(Philox.uniform(1, 3, 2)).isNotEqualTo(u);
  }

  private static int[] words(String text) {
    String[] parts = text.trim().split(" ");
    int[] words = new int[parts.length];
    for (int i = 0; i < parts.length; i++) {
      words[i] = Integer.parseUnsignedInt(parts[i], 16);
    }
    return words;
  }
}
