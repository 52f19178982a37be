package dev.dovetail.gpu.driver;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class ArgumentsTest {
  @Test
  void fieldsAreAlignedAsInC() {
    MemorySegment struct =
        new Arguments().integer(7).pointer(0x1234_5678_9abcL).floating(1.5f).segment();
    assertThat(struct.byteSize()).isEqualTo(24);
    assertThat(struct.address() % 8).isZero();
    assertThat(struct.get(JAVA_INT, 0)).isEqualTo(7);
    assertThat(struct.get(JAVA_INT, 4)).isZero();
    assertThat(struct.get(JAVA_LONG, 8)).isEqualTo(0x1234_5678_9abcL);
    assertThat(struct.get(JAVA_FLOAT, 16)).isEqualTo(1.5f);
    assertThat(struct.get(JAVA_INT, 20)).isZero();
  }

  @Test
  void aClearedOneForgetsAlignmentAndBytes() {
    Arguments arguments = new Arguments().pointer(-1).pointer(-1);
    assertThat(arguments.clear().integer(3).segment().byteSize()).isEqualTo(4);
    assertThat(arguments.pointer(5).segment().get(JAVA_INT, 4)).isZero();
  }

  @Test
  void noMoreThanAKernelCanTake() {
    Arguments arguments = new Arguments();
    for (int i = 0; i < 4096 / 8; i++) {
      arguments.pointer(i);
    }
    assertThat(arguments.segment().byteSize()).isEqualTo(4096);
    assertThatThrownBy(() -> arguments.integer(1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("4096 bytes");
  }
}
