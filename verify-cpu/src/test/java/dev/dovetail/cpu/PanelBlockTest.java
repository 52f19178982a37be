package dev.dovetail.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** Kernels get addresses, so what is outside a matrix or freed must be found here. */
class PanelBlockTest {
  private static final int WORD = PanelPart.WORD_BYTES;

  @Test
  void wordsInsideHaveAnAddress() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment words = arena.allocate(4L * WORD);
      assertThat(PanelBlock.address(words, 2L * WORD, 2L * WORD))
          .isEqualTo(words.address() + 2L * WORD);
    }
  }

  @Test
  void wordsOutsideAreRefused() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment words = arena.allocate(4L * WORD);
      assertThatThrownBy(() -> PanelBlock.address(words, 3L * WORD, 2L * WORD))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> PanelBlock.address(words, -WORD, WORD))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void freedWordsAreRefused() {
    Arena arena = Arena.ofConfined();
    MemorySegment words = arena.allocate(4L * WORD);
    arena.close();
    assertThatThrownBy(() -> PanelBlock.address(words, 0, WORD))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("freed");
  }
}
