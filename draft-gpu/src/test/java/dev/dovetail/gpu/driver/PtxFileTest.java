package dev.dovetail.gpu.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class PtxFileTest {
  @Test
  void aKernelIsAResource() {
    assertThat(new String(PtxFile.read("fake_driver"), StandardCharsets.UTF_8))
        .startsWith("// Stands for")
        .endsWith("8.0\n");
  }

  @Test
  void aMissingOneIsNamed() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PtxFile.read("no_such"))
        .withMessageContaining("/dev/dovetail/gpu/no_such.ptx");
  }
}
