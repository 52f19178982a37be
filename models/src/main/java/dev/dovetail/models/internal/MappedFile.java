package dev.dovetail.models.internal;

import dev.dovetail.models.ModelFormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file mapped into memory for reading, and the arena that owns the mapping. Safe for use by
 * several threads; closing it ends the life of every segment it gave out.
 */
public final class MappedFile implements AutoCloseable {
  private final Path path;
  private final Arena arena;
  private final MemorySegment bytes;

  private MappedFile(Path path, Arena arena, MemorySegment bytes) {
    this.path = path;
    this.arena = arena;
    this.bytes = bytes;
  }

  /**
   * Maps a whole file.
   *
   * @throws ModelFormatException if the path is a folder
   * @throws UncheckedIOException if the file is missing or cannot be read
   */
  public static MappedFile open(Path path) {
    if (Files.isDirectory(path)) {
      throw new ModelFormatException(path, "is a folder, not a file");
    }
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return new MappedFile(path, arena, channel.map(MapMode.READ_ONLY, 0, channel.size(), arena));
    } catch (IOException e) {
      arena.close();
      throw new UncheckedIOException(e);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /**
   * Bytes that are in memory already, seen as a file.
   *
   * @param label what error messages call it
   * @param bytes not modified; closing does not end their life
   */
  public static MappedFile of(Path label, MemorySegment bytes) {
    return new MappedFile(label, Arena.ofShared(), bytes.asReadOnly());
  }

  public Path path() {
    return path;
  }

  /** The whole file, read-only. */
  public MemorySegment bytes() {
    return bytes;
  }

  /**
   * The bytes from {@code offset}, at an address that is a multiple of {@code alignment}: a view of
   * the file where it already is one, otherwise a copy that lives as long as the mapping.
   *
   * @param alignment a power of two
   */
  public MemorySegment aligned(long offset, long size, int alignment) {
    MemorySegment view = bytes.asSlice(offset, size);
    if (size == 0 || view.address() % alignment == 0) {
      return view;
    }
    return arena.allocate(size, alignment).copyFrom(view).asReadOnly();
  }

  @Override
  public void close() {
    arena.close();
  }
}
