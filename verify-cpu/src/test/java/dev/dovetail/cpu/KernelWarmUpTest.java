package dev.dovetail.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.dovetail.models.TensorType;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class KernelWarmUpTest {
  @Test
  void everyFormatCanBeWarmedUp() {
    KernelWarmUp warmUp = new KernelWarmUp(KernelSettings.current());
    Arrays.stream(TensorType.values())
        .filter(type -> type != TensorType.I32)
        .map(PanelFormat::of)
        .distinct()
        .forEach(format ->
            assertThatCode(() -> warmUp.multiply(format, 12))
                .as("%s", format)
                .doesNotThrowAnyException());
  }

  @Test
  void attentionCanBeWarmedUp() {
    assertThatCode(new KernelWarmUp(KernelSettings.current())::attention)
        .doesNotThrowAnyException();
  }

  @Test
  void itEndsAndIsNotRepeated() throws InterruptedException {
    KernelWarmUp warmUp = new KernelWarmUp(KernelSettings.current());
    warmUp.start();
    for (Thread thread : threads()) {
      thread.join();
    }
    warmUp.start();
    assertThat(threads()).isEmpty();
  }

  private static java.util.List<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals(KernelWarmUp.THREAD))
        .toList();
  }
}
