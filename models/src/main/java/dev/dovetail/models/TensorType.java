package dev.dovetail.models;

import java.util.Optional;

/**
 * How the numbers of a tensor are stored: blocks of {@link #blockSize()} weights in {@link
 * #blockBytes()} bytes, little-endian, as GGUF defines them. The unquantised types have blocks of
 * one.
 */
public enum TensorType {
  F32(0, 1, 4),
  F16(1, 1, 2),
  Q4_0(2, 32, 18),
  Q4_1(3, 32, 20),
  Q5_0(6, 32, 22),
  Q5_1(7, 32, 24),
  Q8_0(8, 32, 34),
  Q2_K(10, 256, 84),
  Q3_K(11, 256, 110),
  Q4_K(12, 256, 144),
  Q5_K(13, 256, 176),
  Q6_K(14, 256, 210),
  IQ4_NL(20, 32, 18),
  IQ4_XS(23, 256, 136),
  /** Integers, used for lists of ids in draft checkpoints; never for weights. */
  I32(26, 1, 4),
  BF16(30, 1, 2);

  private final int ggufId;
  private final int blockSize;
  private final int blockBytes;

  TensorType(int ggufId, int blockSize, int blockBytes) {
    this.ggufId = ggufId;
    this.blockSize = blockSize;
    this.blockBytes = blockBytes;
  }

  /** The number by which a GGUF file names this type. */
  public int ggufId() {
    return ggufId;
  }

  /** Weights in a block; a row's length is a multiple of it. */
  public int blockSize() {
    return blockSize;
  }

  /** Bytes of a block, scales included. */
  public int blockBytes() {
    return blockBytes;
  }

  /** Bytes of {@code elements} weights; {@code elements} must be a multiple of the block size. */
  public long bytes(long elements) {
    return Math.multiplyExact(elements / blockSize, (long) blockBytes);
  }

  /** The type with a GGUF number, or empty where this engine does not read it. */
  public static Optional<TensorType> ofGgufId(int id) {
    for (TensorType type : values()) {
      if (type.ggufId == id) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }
}
