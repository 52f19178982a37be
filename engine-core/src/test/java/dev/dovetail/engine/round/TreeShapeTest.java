package dev.dovetail.engine.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TreeShapeTest {
  @Test
  void spelledAsItIsRead() {
    for (String text : new String[] {"0", "4", "64", "4x2", "1x64"}) {
      assertThat(TreeShape.parse(text)).hasToString(text);
    }
  }

  /** The last product is 0 in 32 bits. */
  @ParameterizedTest
  @CsvSource({"-1, 1", "1, 0", "65, 1", "13, 5", "65536, 65536"})
  void impossibleShapes(int depth, int width) {
    assertThatThrownBy(() -> new TreeShape(depth, width))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a tree of depth %d and width %d", depth, width);
  }
}
