package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.FLOATS;
import static dev.dovetail.cpu.PanamaSpecies.INTS;
import static dev.dovetail.cpu.PanamaSpecies.LANES;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Unpacks words of some lanes of a panel into a tile {@code [k][32]} of f32. Each method takes the words of consecutive
 * k from {@code from} on, {@link PanelPart#WORD_BYTES} apart, and writes one vector for each k from {@code to} on.
 */
final class PanamaUnpack {
  private static final int ROWS = MatmulKernels.PAIR_ROWS;
  private static final int STEP = PanelPart.WORD_BYTES;

  private PanamaUnpack() {}

  /** All lanes of a panel, {@code cols} weights from {@code k} on; {@code k} begins a word. */
  static void panel(PanelPart part, int panel, int k, int cols, float[] tile, int at) {
    WeightKind kind = part.format().weights();
    MemorySegment data = part.weights();
    int words = kind.words(cols);
    for (int lane = 0; lane < PanelPart.LANES; lane += LANES) {
      long from = part.weightOffset(panel, k) + 4L * lane;
      switch (kind) {
        case FOUR_BIT -> fourBit(data, from, words, tile, at + lane);
        case EIGHT_BIT -> eightBit(data, from, words, tile, at + lane);
        case F16 -> f16(data, from, words, tile, at + lane);
        case BF16 -> bf16(data, from, words, tile, at + lane);
        case F32 -> f32(data, from, words, tile, at + lane);
      }
    }
  }

  private static IntVector load(MemorySegment data, long offset) {
    return IntVector.fromMemorySegment(INTS, data, offset, ByteOrder.LITTLE_ENDIAN);
  }

  private static FloatVector number(IntVector integers) {
    return (FloatVector) integers.convertShape(VectorOperators.I2F, FLOATS, 0);
  }

  private static void fourBit(MemorySegment data, long from, int words, float[] tile, int to) {
    for (int w = 0; w < words; w++) {
      IntVector word = load(data, from + (long) w * STEP);
      for (int j = 0; j < 8; j++) {
        number(word.lanewise(VectorOperators.LSHR, 28)).intoArray(tile, to + (8 * w + j) * ROWS);
        word = word.lanewise(VectorOperators.LSHL, 4);
      }
    }
  }

  private static void eightBit(MemorySegment data, long from, int words, float[] tile, int to) {
    for (int w = 0; w < words; w++) {
      IntVector word = load(data, from + (long) w * STEP);
      for (int j = 0; j < 4; j++) {
        number(word.lanewise(VectorOperators.ASHR, 24)).intoArray(tile, to + (4 * w + j) * ROWS);
        word = word.lanewise(VectorOperators.LSHL, 8);
      }
    }
  }

  private static void f16(MemorySegment data, long from, int words, float[] tile, int to) {
    for (int w = 0; w < words; w++) {
      IntVector word = load(data, from + (long) w * STEP);
      widen(word.lanewise(VectorOperators.LSHL, 16)).intoArray(tile, to + 2 * w * ROWS);
      widen(word).intoArray(tile, to + (2 * w + 1) * ROWS);
    }
  }

  /**
   * The f16 in the high half of each lane as f32: its bits moved into f32's places, sign kept, and the exponents' bias
   * made up for by 2^112. Exact for all finite values.
   */
  private static FloatVector widen(IntVector halves) {
    return halves
        .lanewise(VectorOperators.ASHR, 3)
        .lanewise(VectorOperators.AND, 0x8fffe000)
        .reinterpretAsFloats()
        .mul(0x1p112f);
  }

  private static void bf16(MemorySegment data, long from, int words, float[] tile, int to) {
    for (int w = 0; w < words; w++) {
      IntVector word = load(data, from + (long) w * STEP);
      word.lanewise(VectorOperators.LSHL, 16)
          .reinterpretAsFloats()
          .intoArray(tile, to + 2 * w * ROWS);
      word.lanewise(VectorOperators.AND, 0xffff0000)
          .reinterpretAsFloats()
          .intoArray(tile, to + (2 * w + 1) * ROWS);
    }
  }

  private static void f32(MemorySegment data, long from, int words, float[] tile, int to) {
    for (int w = 0; w < words; w++) {
      load(data, from + (long) w * STEP).reinterpretAsFloats().intoArray(tile, to + w * ROWS);
    }
  }
}
