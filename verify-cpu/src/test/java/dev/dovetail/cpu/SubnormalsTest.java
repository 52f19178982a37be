package dev.dovetail.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SubnormalsTest {
  private static final String PROPERTY = "dovetail.subnormals";

  private final String before = System.getProperty(PROPERTY);

  @AfterEach
  void restore() {
    if (before == null) {
      System.clearProperty(PROPERTY);
    } else {
      System.setProperty(PROPERTY, before);
    }
  }

  @Test
  void thePropertyDecides() {
    System.setProperty(PROPERTY, "true");
    assertThat(Subnormals.fast()).isTrue();
    System.setProperty(PROPERTY, "false");
    assertThat(Subnormals.fast()).isFalse();
  }

  @Test
  void whatThePropertyCannotBeIsRefused() {
    System.setProperty(PROPERTY, "maybe");
    assertThatThrownBy(Subnormals::fast)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("dovetail.subnormals is 'maybe'; it can be true or false");
  }

  /** A hundred cycles and more, as on CPUs with slow subnormals, against four. */
  @Test
  void slowSubnormalsAreTold() {
    assertThat(Subnormals.fast(new long[] {4000, 1000}, new long[] {9000, 1400})).isTrue();
    assertThat(Subnormals.fast(new long[] {4000, 1000}, new long[] {1600, 30_000})).isFalse();
  }
}
