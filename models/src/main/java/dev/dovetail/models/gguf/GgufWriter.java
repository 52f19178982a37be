package dev.dovetail.models.gguf;

import dev.dovetail.models.TensorType;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Writes a GGUF file of version 3, its tensors one after the other, and never holds more of them
 * than it is given at once.
 *
 * <p>The file appears under its name when it is whole: until {@link #finish}, it is a file beside
 * that name, which {@link #close} deletes, and so does the end of the process. For one thread.
 */
public final class GgufWriter implements Closeable {
  /** What one call of the system writes: a heap buffer is copied to native memory of this size. */
  private static final int MAX_WRITE = 1 << 23;

  /**
   * A tensor to be written.
   *
   * @param shape one to four extents above zero, outermost first; the innermost a multiple of the
   *     type's block size
   */
  public record TensorInfo(String name, TensorType type, List<Long> shape) {
    public TensorInfo {
      shape = List.copyOf(shape);
      if (shape.isEmpty()
          || shape.size() > GgufPart.MAX_DIMENSIONS
          || shape.stream().anyMatch(extent -> extent < 1)
          || shape.getLast() % type.blockSize() != 0) {
        throw new IllegalArgumentException(
            "tensor '%s' cannot be written as %s of shape %s".formatted(name, type, shape));
      }
    }

    /** Bytes of its data. */
    public long bytes() {
      return type.bytes(shape.stream().reduce(1L, Math::multiplyExact));
    }
  }

  private final Path path;
  private final Path part;
  private final FileChannel channel;
  private final int alignment;
  private final List<TensorInfo> tensors;

  /** The tensor whose data come next, and how many bytes of it are still to come. */
  private int next;

  private long left;

  private GgufWriter(
      Path path, Path part, FileChannel channel, int alignment, List<TensorInfo> tensors) {
    this.path = path;
    this.part = part;
    this.channel = channel;
    this.alignment = alignment;
    this.tensors = List.copyOf(tensors);
  }

  /**
   * Begins a file and writes everything but the data of its tensors.
   *
   * @param path where it shall be; nothing may be there yet
   * @param tensors in the order in which their data will come
   * @throws FileAlreadyExistsException if something is there
   * @throws IOException if the folder does not exist or cannot be written to, or has too little
   *     room for the whole file
   */
  public static GgufWriter create(Path path, EncodedMetadata metadata, List<TensorInfo> tensors)
      throws IOException {
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileAlreadyExistsException(path.toString());
    }
    Path folder = path.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new FileSystemException(
          path.toString(), null, "its folder does not exist; make that first");
    }
    List<ByteBuffer> head = head(metadata, tensors);
    checkRoom(path, folder, head, metadata.alignment(), tensors);
    Path part =
        folder.resolve(
            "%s.%08x.part".formatted(path.getFileName(), ThreadLocalRandom.current().nextInt()));
    FileChannel channel;
    try {
      channel = FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new IOException(
          "%s: no file can be made in its folder (%s)".formatted(path, reason(e)), e);
    }
    part.toFile().deleteOnExit();
    GgufWriter writer = new GgufWriter(path, part, channel, metadata.alignment(), tensors);
    try {
      for (ByteBuffer piece : head) {
        writer.put(piece);
      }
      writer.pad();
      writer.left = tensors.isEmpty() ? 0 : tensors.getFirst().bytes();
      return writer;
    } catch (IOException | RuntimeException | Error e) {
      writer.close();
      throw e;
    }
  }

  /**
   * Appends data of the current tensor; the next one follows when it is complete.
   *
   * @param data not modified
   * @throws IllegalArgumentException if the tensor has less room
   */
  public void write(MemorySegment data) throws IOException {
    if (data.byteSize() > left) {
      throw new IllegalArgumentException(
          "%d bytes for tensor %d of %d, which has room for %d"
              .formatted(data.byteSize(), next, tensors.size(), left));
    }
    for (long at = 0; at < data.byteSize(); at += MAX_WRITE) {
      put(data.asSlice(at, Math.min(MAX_WRITE, data.byteSize() - at)).asByteBuffer());
    }
    left -= data.byteSize();
    if (left == 0 && next < tensors.size()) {
      pad();
      next++;
      left = next < tensors.size() ? tensors.get(next).bytes() : 0;
    }
  }

  /**
   * Gives the file its name.
   *
   * @throws IllegalStateException if data of a tensor are missing
   * @throws FileAlreadyExistsException if meanwhile another file has that name
   */
  public void finish() throws IOException {
    if (next < tensors.size()) {
      throw new IllegalStateException(
          "%d bytes of tensor '%s' are missing".formatted(left, tensors.get(next).name()));
    }
    try {
      channel.force(true);
    } catch (IOException e) {
      throw fault(e);
    }
    channel.close();
    Files.move(part, path);
  }

  /** Ends the writing; a file that was not finished is deleted. */
  @Override
  public void close() throws IOException {
    channel.close();
    Files.deleteIfExists(part);
  }

  private static List<ByteBuffer> head(EncodedMetadata metadata, List<TensorInfo> tensors) {
    List<ByteBuffer> head = new ArrayList<>();
    head.add(
        buffer(2 * Integer.BYTES + 2 * Long.BYTES)
            .putInt(GgufPart.MAGIC)
            .putInt(GgufPart.MAX_VERSION)
            .putLong(tensors.size())
            .putLong(metadata.entries().size())
            .flip());
    metadata.entries().forEach(entry -> head.add(entry.asByteBuffer()));
    long offset = 0;
    for (TensorInfo tensor : tensors) {
      byte[] name = tensor.name().getBytes(StandardCharsets.UTF_8);
      ByteBuffer info =
          buffer((2 + tensor.shape().size()) * Long.BYTES + 2 * Integer.BYTES + name.length)
              .putLong(name.length)
              .put(name)
              .putInt(tensor.shape().size());
      tensor.shape().reversed().forEach(info::putLong);
      head.add(info.putInt(tensor.type().ggufId()).putLong(offset).flip());
      offset = aligned(offset + tensor.bytes(), metadata.alignment());
    }
    return head;
  }

  private static void checkRoom(
      Path path, Path folder, List<ByteBuffer> head, int alignment, List<TensorInfo> tensors)
      throws IOException {
    long size = aligned(head.stream().mapToLong(ByteBuffer::remaining).sum(), alignment);
    for (TensorInfo tensor : tensors) {
      size += aligned(tensor.bytes(), alignment);
    }
    long free = Files.getFileStore(folder).getUsableSpace();
    if (size > free) {
      throw new FileSystemException(
          path.toString(), null, "takes %d bytes, and its disk has %d left".formatted(size, free));
    }
  }

  private static long aligned(long size, int alignment) {
    return Math.multiplyExact(Math.ceilDiv(size, alignment), (long) alignment);
  }

  private void pad() throws IOException {
    long position = channel.position();
    long missing = aligned(position, alignment) - position;
    for (; missing > 0; missing -= Math.min(missing, MAX_WRITE)) {
      put(buffer((int) Math.min(missing, MAX_WRITE)));
    }
  }

  private void put(ByteBuffer bytes) throws IOException {
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      throw fault(e);
    }
  }

  private IOException fault(IOException e) {
    return new IOException("%s: cannot be written (%s)".formatted(path, reason(e)), e);
  }

  /** What the system said, without the name of a file that the user has never heard of. */
  private static String reason(IOException e) {
    return switch (e) {
      case FileSystemException named when named.getReason() != null -> named.getReason();
      case FileSystemException named -> named.getClass().getSimpleName();
      default -> e.getMessage();
    };
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
