package dev.dovetail.models.torch;

import dev.dovetail.models.ModelFormatException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where the entries of a zip file lie. Only stored entries are read, as PyTorch writes them: their
 * bytes are used in place, and there is nothing to inflate. Zip64 is read. No two entries may share
 * a byte.
 */
final class ZipDirectory {
  private static final int END_SIGNATURE = 0x06054b50;
  private static final int END_BYTES = 22;
  private static final int MAX_COMMENT = 0xffff;
  private static final int LOCATOR64_SIGNATURE = 0x07064b50;
  private static final int LOCATOR64_BYTES = 20;
  private static final int END64_SIGNATURE = 0x06064b50;
  private static final int END64_BYTES = 56;
  private static final int CENTRAL_SIGNATURE = 0x02014b50;
  private static final int CENTRAL_BYTES = 46;
  private static final int LOCAL_SIGNATURE = 0x04034b50;
  private static final int LOCAL_BYTES = 30;
  private static final int EXTRA_ZIP64 = 1;
  private static final int FLAG_ENCRYPTED = 1;
  private static final long IN_EXTRA = 0xffff_ffffL;
  private static final int MAX_DIRECTORY_BYTES = 1 << 26;

  /** The bytes of an entry: {@code size} of them from {@code offset} in the file. */
  record Entry(String name, long offset, long size) {}

  private record Directory(long offset, long size) {}

  private final Path path;
  private final MemorySegment bytes;
  private final long fileSize;

  private ZipDirectory(Path path, MemorySegment bytes) {
    this.path = path;
    this.bytes = bytes;
    this.fileSize = bytes.byteSize();
  }

  /** The entries by name, in the directory's order. */
  static Map<String, Entry> read(Path path, MemorySegment bytes) {
    return new ZipDirectory(path, bytes).read();
  }

  private Map<String, Entry> read() {
    Directory directory = directory(findEnd());
    if (directory.size > MAX_DIRECTORY_BYTES) {
      throw fault(directory.offset, "has a zip directory of %d bytes".formatted(directory.size));
    }
    ByteBuffer central = slice(directory.offset, directory.size, "the zip directory");
    Map<String, Entry> entries = new LinkedHashMap<>();
    while (central.hasRemaining()) {
      Entry entry = entry(central, directory.offset);
      if (entries.put(entry.name, entry) != null) {
        throw fault(directory.offset, "has two zip entries named '%s'".formatted(entry.name));
      }
    }
    checkOverlaps(entries);
    return entries;
  }

  private long findEnd() {
    long first = Math.max(0, fileSize - END_BYTES - MAX_COMMENT);
    int tail = (int) (fileSize - first);
    ByteBuffer buffer = slice(first, tail, "its end");
    for (int at = tail - END_BYTES; at >= 0; at--) {
      if (buffer.getInt(at) == END_SIGNATURE
          && at + END_BYTES + Short.toUnsignedInt(buffer.getShort(at + 20)) == tail) {
        return first + at;
      }
    }
    throw fault(fileSize, "has no zip directory at its end; the file is truncated");
  }

  private Directory directory(long end) {
    long locator = end - LOCATOR64_BYTES;
    if (locator >= 0) {
      ByteBuffer buffer = slice(locator, LOCATOR64_BYTES, "the zip64 locator");
      if (buffer.getInt(0) == LOCATOR64_SIGNATURE) {
        long end64 = buffer.getLong(8);
        ByteBuffer record = slice(end64, END64_BYTES, "the zip64 end record");
        if (record.getInt(0) != END64_SIGNATURE) {
          throw fault(end64, "has no zip64 end record where its locator says");
        }
        return new Directory(record.getLong(48), record.getLong(40));
      }
    }
    ByteBuffer buffer = slice(end, END_BYTES, "the zip end record");
    return new Directory(
        Integer.toUnsignedLong(buffer.getInt(16)), Integer.toUnsignedLong(buffer.getInt(12)));
  }

  /** Reads the directory's next entry, and steps over it. */
  private Entry entry(ByteBuffer central, long directoryOffset) {
    int start = central.position();
    long at = directoryOffset + start;
    if (central.remaining() < CENTRAL_BYTES || central.getInt(start) != CENTRAL_SIGNATURE) {
      throw fault(at, "has a damaged zip directory");
    }
    int flags = central.getShort(start + 8);
    int method = Short.toUnsignedInt(central.getShort(start + 10));
    long packed = Integer.toUnsignedLong(central.getInt(start + 20));
    long size = Integer.toUnsignedLong(central.getInt(start + 24));
    int nameLength = Short.toUnsignedInt(central.getShort(start + 28));
    int extraLength = Short.toUnsignedInt(central.getShort(start + 30));
    int commentLength = Short.toUnsignedInt(central.getShort(start + 32));
    long local = Integer.toUnsignedLong(central.getInt(start + 42));
    if (CENTRAL_BYTES + nameLength + extraLength + commentLength > central.remaining()) {
      throw fault(at, "has a damaged zip directory");
    }
    byte[] nameBytes = new byte[nameLength];
    central.get(start + CENTRAL_BYTES, nameBytes);
    String name = new String(nameBytes, StandardCharsets.UTF_8);
    ByteBuffer wide =
        zip64(
            central
                .slice(start + CENTRAL_BYTES + nameLength, extraLength)
                .order(ByteOrder.LITTLE_ENDIAN));
    size = size == IN_EXTRA ? next(wide, at) : size;
    packed = packed == IN_EXTRA ? next(wide, at) : packed;
    local = local == IN_EXTRA ? next(wide, at) : local;
    if (method != 0 || packed != size || (flags & FLAG_ENCRYPTED) != 0) {
      throw fault(
          at,
          "has the zip entry '%s' compressed or encrypted; PyTorch stores its entries as they are"
              .formatted(name));
    }
    central.position(start + CENTRAL_BYTES + nameLength + extraLength + commentLength);
    return new Entry(name, dataOffset(local, size, name), size);
  }

  /** The zip64 field among an entry's extra ones, or an empty buffer. */
  private static ByteBuffer zip64(ByteBuffer extra) {
    while (extra.remaining() >= 4) {
      int id = Short.toUnsignedInt(extra.getShort());
      int size = Math.min(Short.toUnsignedInt(extra.getShort()), extra.remaining());
      if (id == EXTRA_ZIP64) {
        return extra.slice(extra.position(), size).order(ByteOrder.LITTLE_ENDIAN);
      }
      extra.position(extra.position() + size);
    }
    return ByteBuffer.allocate(0);
  }

  private long next(ByteBuffer wide, long at) {
    if (wide.remaining() < Long.BYTES) {
      throw fault(at, "has a zip64 entry without its sizes");
    }
    return wide.getLong();
  }

  private long dataOffset(long local, long size, String name) {
    ByteBuffer header = slice(local, LOCAL_BYTES, "the zip entry " + name);
    if (header.getInt(0) != LOCAL_SIGNATURE) {
      throw fault(local, "has no zip entry '%s' where its directory says".formatted(name));
    }
    long data =
        local
            + LOCAL_BYTES
            + Short.toUnsignedInt(header.getShort(26))
            + Short.toUnsignedInt(header.getShort(28));
    if (size < 0 || size > fileSize - data) {
      throw fault(
          local,
          "has the zip entry '%s' of %s bytes, more than are left; the file is truncated"
              .formatted(name, Long.toUnsignedString(size)));
    }
    return data;
  }

  private void checkOverlaps(Map<String, Entry> entries) {
    List<Entry> ordered = new ArrayList<>(entries.values());
    ordered.sort(Comparator.comparingLong(Entry::offset));
    for (int i = 1; i < ordered.size(); i++) {
      Entry before = ordered.get(i - 1);
      Entry entry = ordered.get(i);
      if (before.offset + before.size > entry.offset) {
        throw fault(
            entry.offset,
            "has the overlapping zip entries '%s' and '%s'".formatted(before.name, entry.name));
      }
    }
  }

  private ByteBuffer slice(long offset, long size, String what) {
    if (offset < 0 || size < 0 || offset > fileSize || size > fileSize - offset) {
      throw fault(
          Math.max(0, offset), "ends before %s; the file is damaged or truncated".formatted(what));
    }
    return bytes.asSlice(offset, size).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  private ModelFormatException fault(long offset, String reason) {
    return new ModelFormatException(path, offset, null, reason);
  }
}
