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
   * Reads a size, or {@code auto}: what the card that would be used has free.
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
      case CudaStatus.Available available -> ofCard(available.best());
      case CudaStatus.Unavailable unavailable ->
          new VramBudget(
              0, Source.NO_CARD, "no GPU can be used: " + Failures.oneLine(unavailable.message()));
    };
  }

  private static VramBudget ofCard(GpuInfo card) {
    return card.unusable()
        .map(why -> new VramBudget(0, Source.CARD, Printable.of(why)))
        .orElseGet(() ->
            new VramBudget(
                card.freeBytes().orElse(0), Source.CARD, "free on " + Printable.of(card.name())));
  }
}
