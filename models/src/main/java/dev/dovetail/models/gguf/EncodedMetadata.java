package dev.dovetail.models.gguf;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Metadata as a GGUF file spells them, in order: what is copied from one file to another keeps its
 * type and every bit, which {@link Metadata} would not (it widens numbers). Immutable.
 */
public final class EncodedMetadata {
  private final int alignment;

  /** Key, type and value of each entry, under its key. */
  private final Map<String, MemorySegment> entries;

  /**
   * @param alignment what the entries say of it, or what holds where they say nothing
   * @param entries not kept; the segments are not modified, and must live as long as this is used
   */
  EncodedMetadata(int alignment, Map<String, MemorySegment> entries) {
    this.alignment = alignment;
    this.entries = new LinkedHashMap<>(entries);
  }

  /**
   * The same with an unsigned 32-bit number: in the place of what the key has now, or at the end.
   */
  public EncodedMetadata withU32(String key, int value) {
    byte[] name = key.getBytes(StandardCharsets.UTF_8);
    ByteBuffer entry =
        ByteBuffer.allocate(Long.BYTES + name.length + 2 * Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(name.length)
            .put(name)
            .putInt(GgufValues.U32)
            .putInt(value)
            .flip();
    EncodedMetadata copy = new EncodedMetadata(alignment, entries);
    copy.entries.put(key, MemorySegment.ofBuffer(entry));
    return copy;
  }

  /** The same less some keys. */
  EncodedMetadata without(Set<String> keys) {
    EncodedMetadata copy = new EncodedMetadata(alignment, entries);
    copy.entries.keySet().removeAll(keys);
    return copy;
  }

  /** Tensors start at multiples of so many bytes. */
  int alignment() {
    return alignment;
  }

  /** Key, type and value of each entry, as the file has them. */
  Collection<MemorySegment> entries() {
    return entries.values();
  }
}
