package dev.dovetail.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Widens the scales of some groups of a panel to f32, exactly, so that kernels need not know how
 * they are stored.
 */
final class ScaleDecoder {
  private ScaleDecoder() {}

  /**
   * @param firstGroup a group of the panel
   * @param count how many groups from there
   * @param scales receives {@code [count][32]}
   * @param mins the same for mins; untouched where the type has none
   */
  static void decode(
      PanelPart part,
      int panel,
      int firstGroup,
      int count,
      MemorySegment scales,
      MemorySegment mins) {
    ScaleKind kind = part.format().scales();
    MemorySegment data = part.data();
    for (int i = 0; i < count; i++) {
      int group = firstGroup + i;
      long unit = part.scaleOffset(panel, group - group % kind.groups());
      int to = i * PanelPart.ROWS;
      switch (kind) {
        case NONE -> {}
        case F32 -> floats(data, unit, scales, to);
        case F32_MIN -> {
          floats(data, unit, scales, to);
          floats(data, unit + PanelPart.WORD_BYTES, mins, to);
        }
        case F16 -> halves(data, unit, 16 * (group % 2), scales, to);
        case F16_MIN -> {
          halves(data, unit, 0, scales, to);
          halves(data, unit, 16, mins, to);
        }
        case BYTE_MIN -> bytesWithMins(data, unit, group % 8, scales, mins, to);
        case EIGHT_BIT -> bytes(data, unit, group % 16, scales, to);
      }
    }
  }

  private static int word(MemorySegment data, long unit, int index, int row) {
    return data.get(ValueLayout.JAVA_INT, unit + (long) index * PanelPart.WORD_BYTES + 4L * row);
  }

  private static void floats(MemorySegment data, long unit, MemorySegment out, int to) {
    for (int row = 0; row < PanelPart.ROWS; row++) {
      out.setAtIndex(
          ValueLayout.JAVA_FLOAT, to + row, Float.intBitsToFloat(word(data, unit, 0, row)));
    }
  }

  private static void halves(MemorySegment data, long unit, int shift, MemorySegment out, int to) {
    for (int row = 0; row < PanelPart.ROWS; row++) {
      out.setAtIndex(
          ValueLayout.JAVA_FLOAT,
          to + row,
          Float.float16ToFloat((short) (word(data, unit, 0, row) >> shift)));
    }
  }

  private static void bytesWithMins(
      MemorySegment data, long unit, int group, MemorySegment scales, MemorySegment mins, int to) {
    int shift = 8 * (group % 4);
    for (int row = 0; row < PanelPart.ROWS; row++) {
      int units = word(data, unit, 0, row);
      int scale = word(data, unit, 1 + group / 4, row) >>> shift & 0xff;
      int min = word(data, unit, 3 + group / 4, row) >>> shift & 0xff;
      scales.setAtIndex(
          ValueLayout.JAVA_FLOAT, to + row, Float.float16ToFloat((short) units) * scale);
      mins.setAtIndex(
          ValueLayout.JAVA_FLOAT, to + row, -(Float.float16ToFloat((short) (units >> 16)) * min));
    }
  }

  private static void bytes(
      MemorySegment data, long unit, int group, MemorySegment scales, int to) {
    for (int row = 0; row < PanelPart.ROWS; row++) {
      int scale = (byte) (word(data, unit, 1 + group / 4, row) >> (8 * (group % 4)));
      scales.setAtIndex(
          ValueLayout.JAVA_FLOAT,
          to + row,
          Float.float16ToFloat((short) word(data, unit, 0, row)) * scale);
    }
  }
}
