package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.LANES;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Products by vectors whose lanes are rows: two vectors of rows against four, two or one token at a
 * time. Integers are unpacked in registers as they are used; unquantised weights go through a tile,
 * some columns of two panels widened to f32, which then serves all tokens.
 */
final class PanamaMatmulKernels implements MatmulKernels {
  /** What an L2 cache of 512 KiB holds beside the rest. */
  private static final long MOST_TOUCHED = 256 * 1024;

  @Override
  public void multiply(PanelPart part, int from, int to, MatmulCall call, MatmulScratch scratch) {
    boolean quantised = part.format().weights().quantised();
    int step = quantised ? MatmulScratch.SCALE_COLS : MatmulScratch.TILE_COLS;
    for (int pair = from; pair < to; pair++) {
      Arrays.fill(scratch.acc, 0, call.n * PAIR_ROWS, 0);
      int panels = Math.min(2, part.panels() - 2 * pair);
      scratch.touched += touch(part.weights(), 2 * pair, panels, part.panelBytes());
      scratch.touched += touch(part.scales(), 2 * pair, panels, part.scalePanelBytes());
      for (int k = 0; k < part.cols(); k += step) {
        int cols = Math.min(step, part.cols() - k);
        if (quantised) {
          quantised(part, pair, k, cols, call, scratch);
        } else {
          plain(part, pair, k, cols, call, scratch);
        }
      }
      int firstRow = pair * PAIR_ROWS;
      int rows = Math.min(PAIR_ROWS, part.rows() - firstRow);
      call.write(scratch.acc, PAIR_ROWS, part.rowOffset() + firstRow, rows);
    }
  }

  /**
   * Reads one word of each cache line of some panels. Nothing else is in these reads' way, so their
   * misses overlap; the kernels' arithmetic fills the CPU's window and leaves room for few.
   *
   * @return a sum, which the caller keeps so that the reads are not removed
   */
  private static int touch(MemorySegment data, int panel, int panels, long panelBytes) {
    long from = panel * panelBytes;
    long to = from + Math.min(panels * panelBytes, MOST_TOUCHED);
    int sum = 0;
    for (long at = from; at < to; at += PanelPart.WORD_BYTES) {
      sum += data.get(ValueLayout.JAVA_INT, at);
    }
    return sum;
  }

  /**
   * The last panel of an odd number stands for both of its pair; its second results are dropped.
   */
  private static int panel(PanelPart part, int pair, int row) {
    return Math.min(2 * pair + row / PanelPart.LANES, part.panels() - 1);
  }

  /** How many of the tokens left are computed together. */
  private static int tokensAtATime(int left) {
    return left >= 4 ? 4 : left >= 2 ? 2 : 1;
  }

  private static void plain(
      PanelPart part, int pair, int k, int cols, MatmulCall call, MatmulScratch scratch) {
    float[] tile = scratch.tile;
    for (int row = 0; row < PAIR_ROWS; row += PanelPart.LANES) {
      PanamaTile.fill(part, panel(part, pair, row), k, cols, tile, row);
    }
    float[] x = call.x;
    int step = call.xStride;
    int count;
    for (int t = 0; t < call.n; t += count) {
      count = tokensAtATime(call.n - t);
      int at = call.xOffset + t * step + k;
      int acc = t * PAIR_ROWS;
      for (int a = 0; a < PAIR_ROWS; a += 2 * LANES) {
        int b = a + LANES;
        switch (count) {
          case 4 -> PanamaTile.four(tile, a, b, cols, x, at, step, scratch.acc, acc);
          case 2 -> PanamaTile.two(tile, a, b, cols, x, at, step, scratch.acc, acc);
          default -> PanamaTile.one(tile, a, b, cols, x, at, scratch.acc, acc);
        }
      }
    }
  }

  private static void quantised(
      PanelPart part, int pair, int k, int cols, MatmulCall call, MatmulScratch scratch) {
    int size = part.format().groupSize();
    int groups = cols / size;
    for (int row = 0; row < PAIR_ROWS; row += PanelPart.LANES) {
      PanamaScales.decode(
          part, panel(part, pair, row), k / size, groups, scratch.scales, scratch.mins, row);
    }
    int count;
    for (int t = 0; t < call.n; t += count) {
      count = tokensAtATime(call.n - t);
      sums(part, pair, k, groups, t, count, call, scratch);
      scale(part, k, groups, t, count, call, scratch);
    }
  }

  private static void sums(
      PanelPart part,
      int pair,
      int k,
      int groups,
      int t,
      int count,
      MatmulCall call,
      MatmulScratch scratch) {
    MemorySegment data = part.weights();
    WeightKind kind = part.format().weights();
    boolean fourBit = kind == WeightKind.FOUR_BIT;
    int words = kind.words(part.format().groupSize());
    float[] x = call.activations(kind);
    int step = call.activationStride(kind);
    int at = call.activation(kind, t, k);
    float[] sums = scratch.sums;
    for (int a = 0; a < PAIR_ROWS; a += 2 * LANES) {
      int b = a + LANES;
      long wordA = word(part, pair, k, a);
      long wordB = word(part, pair, k, b);
      if (fourBit) {
        switch (count) {
          case 4 -> PanamaFourBit.four(data, wordA, wordB, groups, words, x, at, step, sums, a, b);
          case 2 -> PanamaFourBit.two(data, wordA, wordB, groups, words, x, at, step, sums, a, b);
          default -> PanamaFourBit.one(data, wordA, wordB, groups, words, x, at, sums, a, b);
        }
      } else {
        switch (count) {
          case 4 -> PanamaEightBit.four(data, wordA, wordB, groups, words, x, at, step, sums, a, b);
          case 2 -> PanamaEightBit.two(data, wordA, wordB, groups, words, x, at, step, sums, a, b);
          default -> PanamaEightBit.one(data, wordA, wordB, groups, words, x, at, sums, a, b);
        }
      }
    }
  }

  /** Where the words of weight k of some rows of a pair start. */
  private static long word(PanelPart part, int pair, int k, int row) {
    return part.weightOffset(panel(part, pair, row), k) + 4L * (row % PanelPart.LANES);
  }

  private static void scale(
      PanelPart part, int k, int groups, int t, int count, MatmulCall call, MatmulScratch scratch) {
    float[] acc = scratch.acc;
    int at = t * PAIR_ROWS;
    if (!part.format().hasMin()) {
      PanamaScales.apply(scratch.sums, count, groups, scratch.scales, acc, at);
      return;
    }
    int size = part.format().groupSize();
    int perRow = part.groups();
    PanamaScales.applyWithMins(
        scratch.sums,
        count,
        groups,
        scratch.scales,
        scratch.mins,
        call.groupSums(size),
        t * perRow + k / size,
        perRow,
        acc,
        at);
  }
}
