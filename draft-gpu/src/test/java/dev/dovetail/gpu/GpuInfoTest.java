package dev.dovetail.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.gpu.CudaStatus.Available;
import dev.dovetail.gpu.driver.GpuException;
import dev.dovetail.gpu.driver.GpuException.Kind;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class GpuInfoTest {
  private static final long MIB = 1L << 20;

  private static GpuInfo device(int ordinal, int major, long freeMib) {
    return new GpuInfo(
        ordinal,
        "Card " + ordinal,
        major,
        2,
        8192 * MIB,
        OptionalLong.of(freeMib * MIB),
        Optional.empty());
  }

  private static GpuInfo refused(int ordinal) {
    GpuException full = new GpuException(Kind.OUT_OF_MEMORY, "no room");
    return new GpuInfo(ordinal, "Card", 8, 6, 8192 * MIB, OptionalLong.empty(), Optional.of(full));
  }

  @Test
  void oneThatIsTooOldOrTooFullSaysSo() {
    assertThat(device(0, 3, 8000).unusable())
        .hasValue("Card 0 has compute capability 3.2, and 5.0 or newer is needed");
    assertThat(device(1, 5, 256).unusable())
        .hasValue(
            "Card 1 has 256 MiB of 8192 MiB free, and the driver needs 256 MiB of that: other"
                + " processes hold the rest; nvidia-smi lists them");
    assertThat(device(0, 5, 257).unusable()).isEmpty();
  }

  @Test
  void theOneWithTheMostRoomIsUsed() {
    assertThat(best(device(0, 8, 2000), device(1, 5, 3000), device(2, 3, 9000))).isEqualTo(1);
    assertThat(best(device(0, 3, 9000), device(1, 6, 100), refused(2))).isEqualTo(1);
    assertThat(best(device(0, 3, 9000), refused(1))).isEqualTo(1);
  }

  private static int best(GpuInfo... devices) {
    return new Available(12040, List.of(devices)).best().ordinal();
  }
}
