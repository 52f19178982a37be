package dev.dovetail.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.dovetail.engine.BatchText;
import dev.dovetail.engine.round.FeatureChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Texts as lines of JSON, and their features as rows of f16 in a file beside them. Both grow text
 * by text, the rows before the line that names them, so that what an ended run leaves can be gone
 * on with. For one thread.
 */
final class BatchOutput implements AutoCloseable {
  private final Path path;
  private final FileChannel texts;
  private final Optional<FileChannel> features;
  private final int width;
  private long rows;

  private BatchOutput(
      Path path, FileChannel texts, Optional<FileChannel> features, int width, long rows) {
    this.path = path;
    this.texts = texts;
    this.features = features;
    this.width = width;
    this.rows = rows;
  }

  /**
   * Opens the files, made where they are missing, and drops what an ended run has left incomplete.
   *
   * @param features where features go, if they are wanted
   * @param width numbers of a feature
   * @param before what is in the files
   */
  static BatchOutput open(Path texts, Optional<Path> features, int width, BatchResume before) {
    FileChannel lines = null;
    FileChannel numbers = null;
    try {
      lines = channel(texts, before.textBytes());
      if (features.isPresent()) {
        numbers = channel(features.get(), before.rows() * width * Short.BYTES);
      }
      return new BatchOutput(texts, lines, Optional.ofNullable(numbers), width, before.rows());
    } catch (IOException e) {
      try (FileChannel _ = lines;
          FileChannel _ = numbers) {
        throw new UncheckedIOException(e);
      } catch (IOException closing) {
        throw new UncheckedIOException(closing);
      }
    }
  }

  private static FileChannel channel(Path path, long keep) throws IOException {
    FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    channel.truncate(keep);
    channel.position(keep);
    return channel;
  }

  /** Appends a text. */
  void add(BatchText text) {
    ObjectNode line = line(text);
    try {
      if (features.isPresent()) {
        int count = text.features().length / width;
        line.put("feature_row", rows);
        line.put("feature_rows", count);
        write(features.get(), halves(text.features()));
        rows += count;
      }
      write(texts, ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(
          "%s cannot be written: %s; run this again to go on".formatted(path, e.getMessage()), e);
    }
  }

  private static ObjectNode line(BatchText text) {
    ObjectNode line = Json.object();
    line.put("id", text.prompt().id());
    ArrayNode prompt = line.putArray("prompt_ids");
    for (int id : text.prompt().tokens()) {
      prompt.add(id);
    }
    text.tokenIds().forEach(line.putArray("token_ids")::add);
    line.put("text", text.text());
    line.put("finish_reason", text.finishReason().jsonName());
    line.put("seed", text.prompt().sampling().seed());
    return line;
  }

  private static ByteBuffer halves(float[] numbers) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(numbers.length, Short.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (float number : numbers) {
      bytes.putShort(FeatureChannel.toHalf(number));
    }
    return bytes.flip();
  }

  private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  @Override
  public void close() {
    try (FileChannel _ = texts;
        FileChannel _ = features.orElse(null)) {
      // Only to be closed.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
