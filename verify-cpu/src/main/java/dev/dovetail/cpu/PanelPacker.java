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
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle BYTES_AS_INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  /** Where the f16 unit of the scales stands in a Q6_K block. */
  private static final int Q6K_UNIT = 208;

  private static final long ONES = 0x0101010101010101L;
  private static final long LOW_HALVES = 0x0f * ONES;

  private static final int LANES = PanelPart.LANES;

  private final Tensor tensor;
  private final PanelPart part;
  private final int[] words;
  private final int[] scaleWords;
  private final byte[] quants;
  private final float[] scales;
  private final float[] mins;

  /** For one tensor; used by one thread. */
  PanelPacker(Tensor tensor, PanelPart part) {
    this.tensor = tensor;
    this.part = part;
    this.words = new int[Math.toIntExact(part.panelBytes() / 4)];
    this.scaleWords = new int[Math.toIntExact(part.scalePanelBytes() / 4)];
    this.quants = new byte[tensor.type().blockSize()];
    this.scales = new float[quants.length];
    this.mins = new float[quants.length];
  }

  /** Writes panels {@code from} to {@code to - 1}. */
  void pack(int from, int to) {
    for (int panel = from; panel < to; panel++) {
      int rows = Math.min(LANES, part.rows() - panel * LANES);
      if (rows < LANES) {
        Arrays.fill(words, 0);
        Arrays.fill(scaleWords, 0);
      }
      for (int lane = 0; lane < rows; lane++) {
        long offset = ((long) panel * LANES + lane) * tensor.rowBytes();
        if (part.format().weights().quantised()) {
          quantisedRow(offset, lane);
        } else {
          plainRow(offset, lane);
        }
      }
      copyOut(words, part.weights(), panel * part.panelBytes());
      copyOut(scaleWords, part.scales(), panel * part.scalePanelBytes());
    }
  }

  private static void copyOut(int[] words, MemorySegment to, long offset) {
    MemorySegment.copy(words, 0, to, ValueLayout.JAVA_INT, offset, words.length);
  }

  private void plainRow(long offset, int lane) {
    MemorySegment data = tensor.data();
    int cols = part.cols();
    if (part.format().weights() == WeightKind.F32) {
      for (int k = 0; k < cols; k++) {
        words[k * LANES + lane] = data.get(INT, offset + 4L * k);
      }
      return;
    }
    int whole = cols / 2;
    for (int i = 0; i < whole; i++) {
      words[i * LANES + lane] = data.get(INT, offset + 4L * i);
    }
    if (cols % 2 != 0) {
      words[whole * LANES + lane] = Short.toUnsignedInt(data.get(SHORT, offset + 4L * whole));
    }
  }

  private void quantisedRow(long offset, int lane) {
    QuantFormat format = QuantFormats.of(tensor.type());
    int blockSize = tensor.type().blockSize();
    boolean bytes = part.format().weights() == WeightKind.EIGHT_BIT;
    int blocks = part.cols() / blockSize;
    int groups = blockSize / part.format().groupSize();
    int word = lane;
    for (int block = 0; block < blocks; block++) {
      long from = offset + (long) block * tensor.type().blockBytes();
      format.decode(tensor.data(), from, quants, 0, scales, mins, 0);
      word = bytes ? bytes(word) : halfBytes(word);
      scales(from, block * groups, groups, lane);
    }
  }

  private int bytes(int word) {
    for (int i = 0; i < quants.length; i += 4) {
      words[word] = (int) BYTES_AS_INTS.get(quants, i);
      word += LANES;
    }
    return word;
  }

  private int halfBytes(int word) {
    long bias = part.format().bias() * ONES;
    for (int i = 0; i < quants.length; i += 8) {
      long eight = (long) BYTES_AS_LONGS.get(quants, i) & LOW_HALVES;
      eight = (eight + bias) & LOW_HALVES;
      eight = (eight | eight >>> 4) & 0x00ff00ff00ff00ffL;
      eight = (eight | eight >>> 8) & 0x0000ffff0000ffffL;
      words[word] = (int) (eight | eight >>> 16);
      word += LANES;
    }
    return word;
  }

  private void scales(long block, int firstGroup, int groups, int lane) {
    ScaleKind kind = part.format().scales();
    MemorySegment data = tensor.data();
    int unit = firstGroup / kind.groups() * kind.words() * LANES + lane;
    switch (kind) {
      case NONE -> {}
      case F32 -> {
        for (int i = 0; i < groups; i++) {
          scaleWords[unit + i * LANES] = Float.floatToRawIntBits(scales[i]);
        }
      }
      case F32_MIN -> {
        for (int i = 0; i < groups; i++) {
          scaleWords[unit + 2 * i * LANES] = Float.floatToRawIntBits(scales[i]);
          scaleWords[unit + (2 * i + 1) * LANES] = Float.floatToRawIntBits(mins[i]);
        }
      }
      case F16 -> {
        // The types of this kind have one group in a block, and f16 scales: narrowing loses
        // nothing.
        int half = half(scales[0]);
        scaleWords[unit] = firstGroup % 2 == 0 ? half : scaleWords[unit] | half << 16;
      }
      case F16_MIN -> scaleWords[unit] = half(scales[0]) | half(mins[0]) << 16;
      case BYTE_MIN -> {
        int first = data.get(INT, block + 4);
        int second = data.get(INT, block + 8);
        int rest = data.get(INT, block + 12);
        scaleWords[unit] = data.get(INT, block);
        scaleWords[unit + LANES] = first & SIX_BITS;
        scaleWords[unit + 2 * LANES] = rest & FOUR_BITS | first >>> 2 & TOP_TWO_OF_SIX;
        scaleWords[unit + 3 * LANES] = second & SIX_BITS;
        scaleWords[unit + 4 * LANES] = rest >>> 4 & FOUR_BITS | second >>> 2 & TOP_TWO_OF_SIX;
      }
      case EIGHT_BIT -> {
        for (int i = 0; i < 4; i++) {
          scaleWords[unit + i * LANES] = data.get(INT, block + Q6K_UNIT - 16 + 4L * i);
        }
        scaleWords[unit + 4 * LANES] = Short.toUnsignedInt(data.get(SHORT, block + Q6K_UNIT));
      }
    }
  }

  private static int half(float value) {
    return Short.toUnsignedInt(Float.floatToFloat16(value));
  }
}
