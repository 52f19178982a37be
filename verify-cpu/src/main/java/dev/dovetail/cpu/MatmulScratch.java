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

  /**
   * Tokens behind the last one whose outputs may be written, by kernels for more tokens than there
   * are: eight of them for five.
   */
  static final int SPARE_TOKENS = 3;

  private static final int SMALLEST_GROUP = 16;

  /** Widened weights {@code [TILE_COLS][32]}. */
  final MemorySegment tile = floats(TILE_COLS * PanelPart.ROWS);

  /** Scales {@code [groups][32]}. */
  final MemorySegment scales = floats(PanelPart.BLOCK_COLS / SMALLEST_GROUP * PanelPart.ROWS);

  /** Mins {@code [groups][32]}. */
  final MemorySegment mins = floats(PanelPart.BLOCK_COLS / SMALLEST_GROUP * PanelPart.ROWS);

  final PanelBlock block = new PanelBlock();

  /** Outputs {@code [n + SPARE_TOKENS][32]}. */
  MemorySegment acc = floats((1 + SPARE_TOKENS) * PanelPart.ROWS);

  private static MemorySegment floats(int count) {
    return Arena.ofAuto().allocate(4L * count, 64);
  }

  /** Makes room for the outputs of {@code n} tokens. */
  void reserve(int n) {
    int tokens = n + SPARE_TOKENS;
    if (acc.byteSize() < (long) tokens * PanelPart.WORD_BYTES) {
      acc = floats(tokens * PanelPart.ROWS);
    }
  }
}
