package dev.dovetail.cpu;

import dev.dovetail.engine.weights.QuantFormat;
import dev.dovetail.engine.weights.QuantFormats;
import dev.dovetail.models.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Turns the rows of a tensor into panels. A panel is put together in two heap arrays and copied out
 * whole, so that most of the work is plain array access, quick even before the JIT has seen it.
 */
final class PanelPacker {
  // Four bytes of a word at once: a Q4_K block has 6 bits for each of its scales and mins. Those of
  // groups 0 to 3 stand whole in two words; of the others, four bits in the third, two on top.
  private static final int SIX_BITS = 0x3f3f3f3f;
  private static final int FOUR_BITS = 0x0f0f0f0f;
  private static final int TOP_TWO_OF_SIX = 0x30303030;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle BYTES_AS_LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle BYTES_AS_INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  /** Where the f16 unit of the scales stands in a Q6_K block. */
  private static final int Q6K_UNIT = 208;

  private static final long ONES = 0x0101010101010101L;
  private static final long LOW_HALVES = 0x0f * ONES;

  private static final int ROWS = PanelPart.ROWS;

  private final Tensor tensor;
  private final PanelPart part;
  private final int[] words;
  private final byte[] quants;
  private final float[] scales;
  private final float[] mins;

  /** For one tensor; used by one thread. */
  PanelPacker(Tensor tensor, PanelPart part) {
    this.tensor = tensor;
    this.part = part;
    this.words = new int[Math.toIntExact(part.panelBytes() / 4)];
    this.quants = new byte[tensor.type().blockSize()];
    this.scales = new float[quants.length];
    this.mins = new float[quants.length];
  }

  /** Writes panels {@code from} to {@code to - 1}. */
  void pack(int from, int to) {
    for (int panel = from; panel < to; panel++) {
      int rows = Math.min(ROWS, part.rows() - panel * ROWS);
      if (rows < ROWS) {
        Arrays.fill(words, 0);
      }
      for (int row = 0; row < rows; row++) {
        long source = ((long) panel * ROWS + row) * tensor.rowBytes();
        if (part.format().weights().quantised()) {
          quantisedRow(source, row);
        } else {
          plainRow(source, row);
        }
      }
      long offset = panel * part.panelBytes();
      MemorySegment.copy(words, 0, part.data(), ValueLayout.JAVA_INT, offset, words.length);
    }
  }

  private void plainRow(long offset, int row) {
    MemorySegment data = tensor.data();
    int cols = part.cols();
    if (part.format().weights() == WeightKind.F32) {
      for (int k = 0; k < cols; k++) {
        words[k * ROWS + row] = data.get(INT, offset + 4L * k);
      }
      return;
    }
    int whole = cols / 2;
    for (int i = 0; i < whole; i++) {
      words[i * ROWS + row] = data.get(INT, offset + 4L * i);
    }
    if (cols % 2 != 0) {
      words[whole * ROWS + row] = Short.toUnsignedInt(data.get(SHORT, offset + 4L * whole));
    }
  }

  private void quantisedRow(long offset, int row) {
    QuantFormat format = QuantFormats.of(tensor.type());
    int blockSize = tensor.type().blockSize();
    WeightKind kind = part.format().weights();
    int blocks = part.cols() / blockSize;
    for (int block = 0; block < blocks; block++) {
      long from = offset + (long) block * tensor.type().blockBytes();
      int k = block * blockSize;
      format.decode(tensor.data(), from, quants, 0, scales, mins, 0);
      int word = (int) (part.weightOffset(0, k) / 4) + row;
      switch (kind) {
        case FOUR_BIT -> fourBits(word);
        case SIX_BIT -> sixBits(word);
        default -> eightBits(word);
      }
      scales(from, k / part.format().groupSize(), blockSize / part.format().groupSize(), row);
    }
  }

  private void eightBits(int word) {
    int bias = part.format().bias() * (int) ONES;
    for (int i = 0; i < quants.length; i += 4) {
      words[word] = addBytes((int) BYTES_AS_INTS.get(quants, i), bias);
      word += ROWS;
    }
  }

  /** The sums of the bytes of two words, without carries between them. */
  private static int addBytes(int a, int b) {
    int low = (a & 0x7f7f7f7f) + (b & 0x7f7f7f7f);
    return low ^ ((a ^ b) & 0x80808080);
  }

  private void fourBits(int word) {
    long bias = part.format().bias() * ONES;
    for (int i = 0; i < quants.length; i += 8) {
      long eight = (long) BYTES_AS_LONGS.get(quants, i) & LOW_HALVES;
      words[word] = lowHalves(eight + bias);
      word += ROWS;
    }
  }

  private void sixBits(int word) {
    int bias = part.format().bias();
    for (int i = 0; i < quants.length; i += 16) {
      int last = quants[i + 15] + bias;
      words[word] = fiveSixes(i, bias) | last >>> 4 << 30;
      words[word + ROWS] = fiveSixes(i + 5, bias) | last >>> 2 << 30;
      words[word + 2 * ROWS] = fiveSixes(i + 10, bias) | last << 30;
      word += 3 * ROWS;
    }
  }

  private int fiveSixes(int i, int bias) {
    return quants[i] + bias
        | quants[i + 1] + bias << 6
        | quants[i + 2] + bias << 12
        | quants[i + 3] + bias << 18
        | quants[i + 4] + bias << 24;
  }

  /** The low halves of eight bytes side by side. */
  private static int lowHalves(long eight) {
    long halves = eight & LOW_HALVES;
    halves = (halves | halves >>> 4) & 0x00ff00ff00ff00ffL;
    halves = (halves | halves >>> 8) & 0x0000ffff0000ffffL;
    return (int) (halves | halves >>> 16);
  }

  private void scales(long block, int firstGroup, int groups, int row) {
    ScaleKind kind = part.format().scales();
    MemorySegment data = tensor.data();
    int inUnit = firstGroup % kind.groups();
    int unit = (int) (part.scaleOffset(0, firstGroup - inUnit) / 4) + row;
    switch (kind) {
      case NONE -> {}
      case F32 -> {
        for (int i = 0; i < groups; i++) {
          words[unit + i * ROWS] = Float.floatToRawIntBits(scales[i]);
        }
      }
      case F32_MIN -> {
        for (int i = 0; i < groups; i++) {
          words[unit + 2 * i * ROWS] = Float.floatToRawIntBits(scales[i]);
          words[unit + (2 * i + 1) * ROWS] = Float.floatToRawIntBits(mins[i]);
        }
      }
      case F16 -> {
        // The types of this kind have one group in a block, and f16 scales: narrowing loses
        // nothing.
        int half = half(scales[0]);
        words[unit] = inUnit == 0 ? half : words[unit] | half << 16;
      }
      case F16_MIN -> words[unit] = half(scales[0]) | half(mins[0]) << 16;
      case BYTE_MIN -> {
        int first = data.get(INT, block + 4);
        int second = data.get(INT, block + 8);
        int rest = data.get(INT, block + 12);
        words[unit] = data.get(INT, block);
        words[unit + ROWS] = first & SIX_BITS;
        words[unit + 2 * ROWS] = rest & FOUR_BITS | first >>> 2 & TOP_TWO_OF_SIX;
        words[unit + 3 * ROWS] = second & SIX_BITS;
        words[unit + 4 * ROWS] = rest >>> 4 & FOUR_BITS | second >>> 2 & TOP_TWO_OF_SIX;
      }
      case EIGHT_BIT -> {
        for (int i = 0; i < 4; i++) {
          words[unit + (1 + i) * ROWS] = data.get(INT, block + Q6K_UNIT - 16 + 4L * i);
        }
        words[unit] = Short.toUnsignedInt(data.get(SHORT, block + Q6K_UNIT));
      }
    }
  }

  private static int half(float value) {
    return Short.toUnsignedInt(Float.floatToFloat16(value));
  }
}
