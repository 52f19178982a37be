package dev.dovetail.cpu;

import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * Panels in a file, mapped: a header, then the panels of one tensor after the other, each at a
 * multiple of {@value #ALIGNMENT} bytes. The header is a magic number, the version of the panels'
 * form, the length of the header and of the file, the CRC-32 of the rest of the header, and for
 * each tensor its name, type, rows and columns, and where its panels stand; big-endian, as {@link
 * DataOutputStream} writes. Panels are little-endian. Closing ends the life of what {@link #find}
 * gave out.
 */
final class PanelFile implements PanelSource, AutoCloseable {
  /**
   * The version of what {@link PanelPacker} makes. Whoever changes a byte of it raises this number:
   * files of other versions are not read.
   */
  static final int FORM = 1;

  private static final long MAGIC = 0x6476_7461_696c_5031L;
  private static final int ALIGNMENT = 4096;

  /** The magic number, the form, the header's length and the file's, the checksum. */
  private static final int FIXED_BYTES = 8 + 4 + 4 + 8 + 8;

  private static final int MOST_HEADER_BYTES = 1 << 24;
  private static final int BYTES_AT_A_TIME = 1 << 24;

  /** What is written of a tensor. */
  record Panels(Tensor tensor, MemorySegment data) {}

  private record Place(TensorType type, int rows, int cols, long offset, long bytes) {}

  private final Arena arena;
  private final MemorySegment file;
  private final Map<String, Place> places;

  private PanelFile(Arena arena, MemorySegment file, Map<String, Place> places) {
    this.arena = arena;
    this.file = file;
    this.places = places;
  }

  /**
   * Maps a file.
   *
   * @throws IOException if it is missing, of another form, or not whole
   */
  static PanelFile open(Path path) throws IOException {
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path)) {
      MemorySegment file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      return new PanelFile(arena, file, readHeader(path, file));
    } catch (IOException | RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  private static Map<String, Place> readHeader(Path path, MemorySegment file) throws IOException {
    check(path, file.byteSize() >= FIXED_BYTES);
    byte[] start = file.asSlice(0, FIXED_BYTES).toArray(ValueLayout.JAVA_BYTE);
    try (DataInputStream fixed = new DataInputStream(new ByteArrayInputStream(start))) {
      check(path, fixed.readLong() == MAGIC && fixed.readInt() == FORM);
      int length = fixed.readInt();
      check(path, fixed.readLong() == file.byteSize());
      check(
          path,
          length >= 0 && length <= Math.min(MOST_HEADER_BYTES, file.byteSize() - FIXED_BYTES));
      byte[] described = file.asSlice(FIXED_BYTES, length).toArray(ValueLayout.JAVA_BYTE);
      check(path, fixed.readLong() == checksum(described));
      Map<String, Place> places = new HashMap<>();
      try (DataInputStream header = new DataInputStream(new ByteArrayInputStream(described))) {
        while (header.available() > 0) {
          String name = header.readUTF();
          TensorType type = TensorType.valueOf(header.readUTF());
          int rows = header.readInt();
          int cols = header.readInt();
          long offset = header.readLong();
          long bytes = header.readLong();
          check(path, offset >= 0 && offset % ALIGNMENT == 0 && bytes >= 0);
          check(path, offset <= file.byteSize() && bytes <= file.byteSize() - offset);
          places.put(name, new Place(type, rows, cols, offset, bytes));
        }
      } catch (IllegalArgumentException e) {
        throw new IOException(path + " has a type that is unknown", e);
      }
      return places;
    }
  }

  private static long checksum(byte[] bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    return crc.getValue();
  }

  private static void check(Path path, boolean condition) throws IOException {
    if (!condition) {
      throw new IOException(path + " is not a whole file of panels of form " + FORM);
    }
  }

  @Override
  public Optional<MemorySegment> find(Tensor tensor, long bytes) {
    return Optional.ofNullable(places.get(tensor.name()))
        .filter(place -> place.type() == tensor.type())
        .filter(place -> place.rows() == tensor.rows() && place.cols() == tensor.cols())
        .filter(place -> place.bytes() == bytes)
        .map(place -> file.asSlice(place.offset(), place.bytes()));
  }

  /** The length of a file of some panels. */
  static long length(List<Panels> all) throws IOException {
    return layOut(all).length();
  }

  /**
   * Writes an empty file, and has the disk keep it; {@link #open} refuses one that was not written
   * to its end.
   */
  static void write(FileChannel channel, List<Panels> all) throws IOException {
    Layout layout = layOut(all);
    write(channel, MemorySegment.ofArray(layout.header()), 0);
    for (int i = 0; i < all.size(); i++) {
      write(channel, all.get(i).data(), layout.offsets()[i]);
    }
    write(channel, MemorySegment.ofArray(new byte[1]), layout.length() - 1);
    channel.force(true);
  }

  private record Layout(byte[] header, long[] offsets, long length) {}

  private static Layout layOut(List<Panels> all) throws IOException {
    long at = aligned(FIXED_BYTES + (long) describe(all, new long[all.size()]).length);
    long[] offsets = new long[all.size()];
    for (int i = 0; i < offsets.length; i++) {
      offsets[i] = at;
      at = aligned(at + all.get(i).data().byteSize());
    }
    // One byte more, so that a file that lacks the end of its last panels is too short.
    long length = at + 1;
    byte[] described = describe(all, offsets);
    ByteBuffer header = ByteBuffer.allocate(FIXED_BYTES + described.length);
    header.putLong(MAGIC).putInt(FORM).putInt(described.length).putLong(length);
    header.putLong(checksum(described)).put(described);
    return new Layout(header.array(), offsets, length);
  }

  private static byte[] describe(List<Panels> all, long[] offsets) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    for (int i = 0; i < offsets.length; i++) {
      Tensor tensor = all.get(i).tensor();
      out.writeUTF(tensor.name());
      out.writeUTF(tensor.type().name());
      out.writeInt(tensor.rows());
      out.writeInt(tensor.cols());
      out.writeLong(offsets[i]);
      out.writeLong(all.get(i).data().byteSize());
    }
    return bytes.toByteArray();
  }

  private static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private static void write(FileChannel channel, MemorySegment data, long to) throws IOException {
    for (long done = 0; done < data.byteSize(); ) {
      long count = Math.min(BYTES_AT_A_TIME, data.byteSize() - done);
      done += channel.write(data.asSlice(done, count).asByteBuffer(), to + done);
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
