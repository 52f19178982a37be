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
   * @param scales receives {@code [count][stride]}, of which the 16 rows take {@code at} to {@code
   *     at + 15}
   * @param mins the same for mins; untouched where the type has none
   */
  static void decode(
      PanelPart part,
      int panel,
      int firstGroup,
      int count,
      float[] scales,
      float[] mins,
      int at,
      int stride) {
    ScaleKind kind = part.format().scales();
    MemorySegment data = part.scales();
    long base = panel * part.scalePanelBytes();
    for (int i = 0; i < count; i++) {
      int group = firstGroup + i;
      long unit = base + (long) (group / kind.groups()) * kind.words() * PanelPart.WORD_BYTES;
      int to = at + i * stride;
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
      if (part.format().bias() != 0) {
        for (int lane = 0; lane < PanelPart.LANES; lane++) {
          mins[to + lane] = -part.format().bias() * scales[to + lane];
        }
      }
    }
  }

  private static int word(MemorySegment data, long unit, int index, int lane) {
    return data.get(ValueLayout.JAVA_INT, unit + (long) index * PanelPart.WORD_BYTES + 4L * lane);
  }

  private static void floats(MemorySegment data, long unit, float[] out, int to) {
    for (int lane = 0; lane < PanelPart.LANES; lane++) {
      out[to + lane] = Float.intBitsToFloat(word(data, unit, 0, lane));
    }
  }

  private static void halves(MemorySegment data, long unit, int shift, float[] out, int to) {
    for (int lane = 0; lane < PanelPart.LANES; lane++) {
      out[to + lane] = Float.float16ToFloat((short) (word(data, unit, 0, lane) >> shift));
    }
  }

  private static void bytesWithMins(
      MemorySegment data, long unit, int group, float[] scales, float[] mins, int to) {
    int shift = 8 * (group % 4);
    for (int lane = 0; lane < PanelPart.LANES; lane++) {
      int units = word(data, unit, 0, lane);
      int scale = word(data, unit, 1 + group / 4, lane) >>> shift & 0xff;
      int min = word(data, unit, 3 + group / 4, lane) >>> shift & 0xff;
      scales[to + lane] = Float.float16ToFloat((short) units) * scale;
      mins[to + lane] = -(Float.float16ToFloat((short) (units >> 16)) * min);
    }
  }

  private static void bytes(MemorySegment data, long unit, int group, float[] scales, int to) {
    for (int lane = 0; lane < PanelPart.LANES; lane++) {
      int scale = (byte) (word(data, unit, group / 4, lane) >> (8 * (group % 4)));
      scales[to + lane] = Float.float16ToFloat((short) word(data, unit, 4, lane)) * scale;
    }
  }
}
