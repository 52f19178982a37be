package dev.dovetail.engine.device;

/** How keys and values are kept. */
public enum KvType {
  /** As computed. */
  F32(Float.BYTES),

  /**
   * In half the memory: each rounded once, when it is stored, to the nearest f16 (ties to even),
   * those beyond its range to the largest, 65504. All arithmetic stays in f32, so results depend on
   * the context alone here too; they differ a little from those of {@link #F32}.
   */
  F16(Short.BYTES);

  private final int bytes;

  KvType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of a number. */
  public int bytes() {
    return bytes;
  }
}
