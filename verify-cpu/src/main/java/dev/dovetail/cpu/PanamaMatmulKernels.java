package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.LANES;

import java.util.Arrays;

/**
 * Products by vectors whose lanes are rows. Some columns of two panels are unpacked into a tile, which then serves all
 * tokens, four at a time.
 */
final class PanamaMatmulKernels implements MatmulKernels {
  private static final float[] ZEROS = new float[4 * PAIR_ROWS];

  @Override
  public void multiply(PanelPart part, int from, int to, MatmulCall call, MatmulScratch scratch) {
    for (int pair = from; pair < to; pair++) {
      Arrays.fill(scratch.acc, 0, call.n * PAIR_ROWS, 0);
      if (part.format().weights() == WeightKind.FOUR_BIT && call.n <= FUSED) {
        for (int k = 0; k < part.cols(); k += MatmulScratch.SCALE_COLS) {
          fused(part, pair, k, Math.min(MatmulScratch.SCALE_COLS, part.cols() - k), call, scratch);
        }
      } else {
        for (int k = 0; k < part.cols(); k += MatmulScratch.TILE_COLS) {
          tile(part, pair, k, Math.min(MatmulScratch.TILE_COLS, part.cols() - k), call, scratch);
        }
      }
      int firstRow = pair * PAIR_ROWS;
      int rows = Math.min(PAIR_ROWS, part.rows() - firstRow);
      call.write(scratch.acc, PAIR_ROWS, part.rowOffset() + firstRow, rows);
    }
  }

  static final boolean TOUCH = Boolean.getBoolean("touch");
  private static int touch(java.lang.foreign.MemorySegment data, long from, long bytes) {
    int sum = 0;
    for (long i = 0; i < bytes; i += PanelPart.WORD_BYTES) {
      sum += data.get(java.lang.foreign.ValueLayout.JAVA_INT, from + i);
    }
    return sum;
  }
  static final int FUSED = Integer.getInteger("fused", 16);

  private static void fused(
      PanelPart part, int pair, int k, int cols, MatmulCall call, MatmulScratch scratch) {
    if (TOUCH) {
      long bytes = (long) part.format().weights().words(cols) * PanelPart.WORD_BYTES;
      scratch.touched += touch(part.weights(), part.weightOffset(2 * pair, k), bytes);
      scratch.touched += touch(part.weights(), part.weightOffset(secondPanel(part, pair), k), bytes);
    }
    decodeScales(part, pair, k, cols, scratch);
    int t = 0;
    for (; t + 4 <= call.n; t += 4) {
      fusedTokens(part, pair, k, cols, t, 4, call, scratch);
    }
    if (t + 2 <= call.n) {
      fusedTokens(part, pair, k, cols, t, 2, call, scratch);
      t += 2;
    }
    if (t < call.n) {
      fusedTokens(part, pair, k, cols, t, 1, call, scratch);
    }
  }

  private static void fusedTokens(
      PanelPart part, int pair, int k, int cols, int t, int count, MatmulCall call, MatmulScratch scratch) {
    int size = part.format().groupSize();
    int groups = cols / size;
    int words = size / 8;
    int step = call.xStride;
    int x = call.xOffset + t * step + k;
    var data = part.weights();
    var sums = scratch.sums;
    for (int a = 0; a < PAIR_ROWS; a += 2 * LANES) {
      int b = a + LANES;
      long wordA = word(part, pair, k, a);
      long wordB = word(part, pair, k, b);
      switch (count) {
        case 4 -> PanamaFourBit.four(data, wordA, wordB, groups, words, call.x, x, x + step, x + 2 * step, x + 3 * step, sums, a, b);
        case 2 -> PanamaFourBit.two(data, wordA, wordB, groups, words, call.x, x, x + step, sums, a, b);
        default -> PanamaFourBit.one(data, wordA, wordB, groups, words, call.x, x, sums, a, b);
      }
    }
    scale(part, k, groups, t, count, call, scratch);
  }

  private static long word(PanelPart part, int pair, int k, int row) {
    int panel = Math.min(2 * pair + row / PanelPart.LANES, part.panels() - 1);
    return part.weightOffset(panel, k) + 4L * (row % PanelPart.LANES);
  }

  private static void tile(
      PanelPart part, int pair, int k, int cols, MatmulCall call, MatmulScratch scratch) {
    int second = secondPanel(part, pair);
    PanamaUnpack.panel(part, 2 * pair, k, cols, scratch.tile, 0);
    PanamaUnpack.panel(part, second, k, cols, scratch.tile, PanelPart.LANES);
    if (part.format().weights().quantised()) {
      decodeScales(part, pair, k, cols, scratch);
    }
    int t = 0;
    for (; t + 4 <= call.n; t += 4) {
      tokens(part, k, cols, t, 4, call, scratch);
    }
    if (t + 2 <= call.n) {
      tokens(part, k, cols, t, 2, call, scratch);
      t += 2;
    }
    if (t < call.n) {
      tokens(part, k, cols, t, 1, call, scratch);
    }
  }

  /** The last panel of an odd number stands for both of its pair; its second results are dropped. */
  private static int secondPanel(PanelPart part, int pair) {
    return Math.min(2 * pair + 1, part.panels() - 1);
  }

  private static void decodeScales(
      PanelPart part, int pair, int k, int cols, MatmulScratch scratch) {
    int size = part.format().groupSize();
    int second = secondPanel(part, pair);
    int first = k / size;
    int count = cols / size;
    PanamaScales.decode(part, 2 * pair, first, count, scratch.scales, scratch.mins, 0);
    PanamaScales.decode(
        part, second, first, count, scratch.scales, scratch.mins, PanelPart.LANES);
  }

  private static void tokens(
      PanelPart part, int k, int cols, int t, int count, MatmulCall call, MatmulScratch scratch) {
    int acc = t * PAIR_ROWS;
    if (!part.format().weights().quantised()) {
      dot(1, cols, count, k, t, call, scratch, scratch.acc, acc, scratch.acc, acc);
      return;
    }
    int size = part.format().groupSize();
    int groups = cols / size;
    dot(groups, size, count, k, t, call, scratch, ZEROS, 0, scratch.sums, 0);
    scale(part, k, groups, t, count, call, scratch);
  }

  private static void scale(PanelPart part, int k, int groups, int t, int count, MatmulCall call, MatmulScratch scratch) {
    int size = part.format().groupSize();
    int acc = t * PAIR_ROWS;
    if (part.format().hasMin()) {
      PanamaDot.scaleMin(
          scratch.sums,
          count,
          groups,
          scratch.scales,
          scratch.mins,
          call.groupSums(size),
          t * part.groups() + k / size,
          part.groups(),
          scratch.acc,
          acc);
    } else {
      PanamaDot.scale(scratch.sums, count, groups, scratch.scales, scratch.acc, acc);
    }
  }

  private static void dot(
      int groups,
      int size,
      int count,
      int k,
      int t,
      MatmulCall call,
      MatmulScratch scratch,
      float[] start,
      int startAt,
      float[] sums,
      int to) {
    float[] tile = scratch.tile;
    int step = call.xStride;
    int x = call.xOffset + t * step + k;
    for (int a = 0; a < PAIR_ROWS; a += 2 * LANES) {
      int b = a + LANES;
      switch (count) {
        case 4 ->
            PanamaDot.four(
                tile, a, b, groups, size, call.x, x, x + step, x + 2 * step, x + 3 * step, start,
                startAt, sums, to);
        case 2 ->
            PanamaDot.two(
                tile, a, b, groups, size, call.x, x, x + step, start, startAt, sums, to);
        default -> PanamaDot.one(tile, a, b, groups, size, call.x, x, start, startAt, sums, to);
      }
    }
  }
}
