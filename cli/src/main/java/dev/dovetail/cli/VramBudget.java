package dev.dovetail.cli;

import dev.dovetail.gpu.Cuda;
import dev.dovetail.gpu.CudaStatus;
import dev.dovetail.gpu.GpuInfo;

/**
 * How much of a GPU's memory may be used.
 *
 * @param bytes 0 where there is no GPU
 * @param source where that comes from, for people
 */
record VramBudget(long bytes, Source source, String explanation) {
  /** Where a budget comes from. */
  enum Source {
    GIVEN,
    CARD,
    NO_CARD
  }

  /**
   * Reads a size, or {@code auto}: what the first card has free.
   *
   * @throws IllegalArgumentException for anything else
   */
  static VramBudget of(String text) {
    return text.equals("auto")
        ? ofCard(Cuda.probe())
        : new VramBudget(MemorySize.parse(text), Source.GIVEN, "given by --vram");
  }

  private static VramBudget ofCard(CudaStatus status) {
    return switch (status) {
      case CudaStatus.Available available -> ofCard(available.devices().getFirst());
      case CudaStatus.Unavailable unavailable ->
          new VramBudget(
              0, Source.NO_CARD, "no GPU can be used: " + Failures.oneLine(unavailable.message()));
    };
  }

  private static VramBudget ofCard(GpuInfo card) {
    String name = Printable.of(card.name());
    return card.freeBytes().isPresent()
        ? new VramBudget(card.freeBytes().getAsLong(), Source.CARD, "free on " + name)
        : new VramBudget(0, Source.CARD, name + " does not say what it has free");
  }
}
