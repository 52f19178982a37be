package dev.dovetail.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One worker's memory for a panel, of f32. It is off the heap so that no vector of it crosses a
 * cache line, which would make each write several times as slow; the garbage collector frees it.
 */
final class MatmulScratch {
  /**
   * Columns of unquantised weights that are widened at a time: the tile and the activations of some
   * tokens fit a 32 KiB L1.
   */
  static final int TILE_COLS = 128;

  private static final int SMALLEST_GROUP = 16;

  /** Widened weights {@code [TILE_COLS][32]}. */
  final MemorySegment tile = floats(TILE_COLS * PanelPart.ROWS);

  /** Scales {@code [groups][32]}. */
  final MemorySegment scales = floats(PanelPart.BLOCK_COLS / SMALLEST_GROUP * PanelPart.ROWS);

  /** Mins {@code [groups][32]}. */
  final MemorySegment mins = floats(PanelPart.BLOCK_COLS / SMALLEST_GROUP * PanelPart.ROWS);

  final PanelBlock block = new PanelBlock();

  /** Outputs that kernels for more tokens than there are may write behind the last token's. */
  private static final int SPARE_TOKENS = 3;

  /** Outputs {@code [n + 3][32]}. */
  MemorySegment acc = floats((1 + SPARE_TOKENS) * PanelPart.ROWS);

  private static MemorySegment floats(int count) {
    return Arena.ofAuto().allocate(4L * count, 64);
  }

  /** Makes room for the outputs of {@code n} tokens. */
  void reserve(int n) {
    if (acc.byteSize() < (long) (n + SPARE_TOKENS) * PanelPart.WORD_BYTES) {
      acc = floats((n + SPARE_TOKENS) * PanelPart.ROWS);
    }
  }
}
