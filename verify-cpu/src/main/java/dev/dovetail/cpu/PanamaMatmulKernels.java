package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.FLOATS;
import static dev.dovetail.cpu.PanamaSpecies.LANES;
import static dev.dovetail.cpu.PanamaSpecies.MEMORY;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/**
 * Products by vectors whose lanes are rows, for eight, four, two or one token at a time. Integers
 * are unpacked in registers as they are used, and so are halves for a few tokens; for many they go
 * through a tile, some columns of a panel widened to f32, which then serves all.
 */
final class PanamaMatmulKernels implements MatmulKernels {
  private static final int ROWS = PanelPart.ROWS;

  /** Eight tokens take 16 sums, which only the CPUs with the widest vectors have registers for. */
  private static final int MOST_TOKENS = LANES == 16 ? 8 : 2;

  /** Of unquantised weights, which need few registers beside their sums. */
  private static final int MOST_TOKENS_UNQUANTISED = LANES == 16 ? 8 : 4;

  /**
   * Columns of a panel, or pairs of them, that stay in the second cache while tokens take turns:
   * 256 KiB.
   */
  private static final int WORDS_IN_CACHE = 2048;

  /**
   * Halves are widened anew for each few tokens up to so many, which is cheaper than to keep what
   * they become; f32 weights lie in a cache as well as in a tile, for any number.
   */
  private static final int MOST_TOKENS_OF_HALVES = 32;

  /**
   * From memory, panels of fewer columns are slower two by two: they end before the CPU fetches
   * ahead in both of them.
   */
  static final int LEAST_COLS_OF_PAIRS = 1024;

  @Override
  public void multiply(PanelPart part, int from, int to, MatmulCall call, MatmulScratch scratch) {
    if (part.format().weights().quantised()) {
      quantised(part, from, to, call, scratch);
      return;
    }
    for (int panel = from; panel < to; panel++) {
      clear(scratch.acc.address(), MatmulScratch.bytesToNext(call.n));
      boolean direct = part.format().weights() == WeightKind.F32 || call.n <= MOST_TOKENS_OF_HALVES;
      int done = direct ? direct(part, panel, call, scratch) : 0;
      for (int k = done; k < part.cols(); k += MatmulScratch.TILE_COLS) {
        tile(part, panel, k, Math.min(MatmulScratch.TILE_COLS, part.cols() - k), call, scratch);
      }
      write(part, panel, call, scratch.acc);
    }
  }

  /** Some panels of quantised weights, two by two where there are kernels for it. */
  private void quantised(PanelPart part, int from, int to, MatmulCall call, MatmulScratch scratch) {
    WeightKind kind = part.format().weights();
    MemorySegment acc = scratch.acc;
    MemorySegment accBelow = acc.asSlice(MatmulScratch.bytesToNext(call.n));
    PanelBlock block = scratch.block;
    PanelBlock below = scratch.below;
    block.start(part, from, to, call, acc.address());
    below.start(part, from, to, call, accBelow.address());
    int most = part.cols() >= LEAST_COLS_OF_PAIRS && inPairs(call.n) ? 2 : 1;
    int panels;
    for (int panel = from; panel < to; panel += panels) {
      panels = Math.min(most, to - panel);
      clear(acc.address(), panels * MatmulScratch.bytesToNext(call.n));
      for (int k = 0; k < part.cols(); k += PanelPart.BLOCK_COLS) {
        block.fill(panel, k / PanelPart.BLOCK_COLS);
        if (panels == 2) {
          below.fill(panel + 1, k / PanelPart.BLOCK_COLS);
        }
        blocks(kind, block, panels == 2 ? below : null, call.n);
      }
      write(part, panel, call, acc);
      if (panels == 2) {
        write(part, panel + 1, call, accBelow);
      }
    }
  }

  /** Whether two or three of so many tokens are computed together, by vectors wide enough. */
  private static boolean inPairs(int tokens) {
    return LANES == 16 && tokens % 4 >= 2;
  }

  @Override
  public void scale(
      float[] x, int from, WeightKind kind, float[] out, int to, int step, int count) {
    PanamaActivations.scale(x, from, kind, out, to, step, count);
  }

  @Override
  public void sumGroups(
      float[] x, int from, int size, float factor, float[] out, int to, int step, int groups) {
    PanamaActivations.sumGroups(x, from, size, factor, out, to, step, groups);
  }

  private static void clear(long acc, long bytes) {
    for (long at = 0; at < bytes; at += 4L * LANES) {
      FloatVector.zero(FLOATS).intoMemorySegment(MEMORY, acc + at, ByteOrder.LITTLE_ENDIAN);
    }
  }

  /** Writes the outputs of a panel. */
  private static void write(PanelPart part, int panel, MatmulCall call, MemorySegment acc) {
    int firstRow = panel * ROWS;
    if (firstRow + ROWS <= part.rows()) {
      write(acc.address(), call, part.unit(), part.rowOffset() + firstRow);
    } else {
      call.write(acc, ROWS, part.unit(), part.rowOffset() + firstRow, part.rows() - firstRow);
    }
  }

  /** What {@link MatmulCall#write} does, for a whole panel. */
  private static void write(long acc, MatmulCall call, float unit, int firstRow) {
    float[] y = call.y;
    for (int t = 0; t < call.n; t++) {
      int to = call.yOffset + t * call.yStride + firstRow;
      for (int row = 0; row < ROWS; row += LANES) {
        FloatVector sum =
            FloatVector.fromMemorySegment(
                    FLOATS,
                    MEMORY,
                    acc + t * (long) PanelPart.WORD_BYTES + 4L * row,
                    ByteOrder.LITTLE_ENDIAN)
                .mul(unit);
        if (call.add) {
          sum = FloatVector.fromArray(FLOATS, y, to + row).add(sum);
        }
        sum.intoArray(y, to + row);
      }
    }
  }

  @Override
  public int tokensAtATime(int left) {
    return left == 3
        ? Math.min(left, MOST_TOKENS)
        : Integer.highestOneBit(Math.min(left, MOST_TOKENS));
  }

  /** Multiplies what needs no tile, and returns how many columns that is. */
  private static int direct(PanelPart part, int panel, MatmulCall call, MatmulScratch scratch) {
    WeightKind kind = part.format().weights();
    int words = part.cols() / kind.fieldsPerWord();
    long from = PanelBlock.address(part.data(), panel * part.panelBytes(), part.panelBytes());
    int most = call.n <= MOST_TOKENS_UNQUANTISED ? words : WORDS_IN_CACHE;
    for (int word = 0; word < words; word += most) {
      long at = from + (long) word * PanelPart.WORD_BYTES;
      int column = word * kind.fieldsPerWord();
      direct(kind, at, Math.min(most, words - word), column, call, scratch.acc.address());
    }
    return words * kind.fieldsPerWord();
  }

  /** The same with some words of a panel, or of a tile, which begin at a column. */
  private static void direct(
      WeightKind kind, long from, int words, int column, MatmulCall call, long acc) {
    float[] x = call.x;
    int step = call.xStride;
    int count;
    for (int t = 0; t < call.n; t += count) {
      count = Math.min(call.n - t, MOST_TOKENS_UNQUANTISED);
      int at = call.xOffset + t * step + column;
      for (int row = 0; row < ROWS; row += 2 * LANES) {
        long rows = from + 4L * row;
        long sums = acc + (long) t * PanelPart.WORD_BYTES + 4L * row;
        if (kind == WeightKind.F32) {
          sum(count, rows, words, x, at, step, sums);
        } else {
          switch (count) {
            case 1 -> PanamaHalves.one(rows, words, kind, x, at, sums);
            case 2 -> PanamaHalves.two(rows, words, kind, x, at, step, sums);
            case 3, 4 -> PanamaHalves.four(rows, words, kind, x, at, step, count, sums);
            default -> PanamaHalves.eight(rows, words, kind, x, at, step, count, sums);
          }
        }
      }
    }
  }

  private static void sum(int tokens, long rows, int cols, float[] x, int at, int step, long acc) {
    switch (tokens) {
      case 1 -> PanamaTile.one(rows, cols, x, at, acc);
      case 2 -> PanamaTile.two(rows, cols, x, at, step, acc);
      case 3, 4 -> PanamaTile.four(rows, cols, x, at, step, tokens, acc);
      default -> PanamaTile.eight(rows, cols, x, at, step, tokens, acc);
    }
  }

  private static void tile(
      PanelPart part, int panel, int k, int cols, MatmulCall call, MatmulScratch scratch) {
    long tile = scratch.tile.address();
    for (int row = 0; row < ROWS; row += LANES) {
      PanamaTile.fill(part, panel, row, k, cols, tile + 4L * row);
    }
    direct(WeightKind.F32, tile, cols, k, call, scratch.acc.address());
  }

  /** Multiplies by a block, and by the one of the next panel below it unless that is null. */
  private void blocks(WeightKind kind, PanelBlock block, PanelBlock below, int tokens) {
    int count;
    for (int t = 0; t < tokens; t += count) {
      count = tokensAtATime(tokens - t);
      block.tokens = count;
      if (below == null) {
        block(kind, block, t, count);
      } else if (count == 2 || count == 3) {
        pair(kind, block, below, t, count);
      } else {
        below.tokens = count;
        block(kind, block, t, count);
        block(kind, below, t, count);
      }
    }
  }

  private static void pair(
      WeightKind kind, PanelBlock block, PanelBlock below, int token, int count) {
    switch (kind) {
      case FOUR_BIT -> {
        if (count == 2) {
          PanamaFourBitPairs.two(block, below, token);
        } else {
          PanamaFourBitPairs.three(block, below, token);
        }
      }
      case SIX_BIT -> {
        if (count == 2) {
          PanamaSixBitPairs.two(block, below, token);
        } else {
          PanamaSixBitPairs.three(block, below, token);
        }
      }
      default -> {
        if (count == 2) {
          PanamaEightBitPairs.two(block, below, token);
        } else {
          PanamaEightBitPairs.three(block, below, token);
        }
      }
    }
  }

  private static void block(WeightKind kind, PanelBlock block, int token, int count) {
    for (int row = 0; row < ROWS; row += 2 * LANES) {
      switch (kind) {
        case FOUR_BIT -> {
          switch (count) {
            case 8 -> PanamaFourBit.eight(block, token, row);
            case 4 -> PanamaFourBit.four(block, token, row);
            case 3 -> PanamaFourBit.three(block, token, row);
            case 2 -> PanamaFourBit.two(block, token, row);
            default -> PanamaFourBit.one(block, token, row);
          }
        }
        case SIX_BIT -> {
          switch (count) {
            case 8 -> PanamaSixBit.eight(block, token, row);
            case 4 -> PanamaSixBit.four(block, token, row);
            case 3 -> PanamaSixBit.three(block, token, row);
            case 2 -> PanamaSixBit.two(block, token, row);
            default -> PanamaSixBit.one(block, token, row);
          }
        }
        default -> {
          switch (count) {
            case 8 -> PanamaEightBit.eight(block, token, row);
            case 4 -> PanamaEightBit.four(block, token, row);
            case 3 -> PanamaEightBit.three(block, token, row);
            case 2 -> PanamaEightBit.two(block, token, row);
            default -> PanamaEightBit.one(block, token, row);
          }
        }
      }
    }
  }
}
