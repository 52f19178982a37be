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

  /** Widened weights {@code [TILE_COLS][32]}. */
  final MemorySegment tile = floats(TILE_COLS * PanelPart.ROWS);

  final PanelBlock block = new PanelBlock();

  /** The block of the next panel, where two are multiplied at a time. */
  final PanelBlock below = new PanelBlock();

  /** Outputs of a panel, then those of the next: {@code [n + SPARE_TOKENS][32]} each. */
  MemorySegment acc = floats(2 * (1 + SPARE_TOKENS) * PanelPart.ROWS);

  static MemorySegment floats(int count) {
    return Arena.ofAuto().allocate(4L * count, 64);
  }

  /** Bytes from the outputs of a panel to those of the next. */
  static long bytesToNext(int n) {
    return (long) (n + SPARE_TOKENS) * PanelPart.WORD_BYTES;
  }

  /** Makes room for the outputs of {@code n} tokens. */
  void reserve(int n) {
    if (acc.byteSize() < 2 * bytesToNext(n)) {
      acc = floats(2 * (n + SPARE_TOKENS) * PanelPart.ROWS);
    }
  }
}
