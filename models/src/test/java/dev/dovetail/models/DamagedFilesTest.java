package dev.dovetail.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.dovetail.models.gguf.GgufFile;
import dev.dovetail.models.load.TensorFiles;
import dev.dovetail.models.safetensors.SafetensorsFile;
import dev.dovetail.models.testing.Samples;
import dev.dovetail.models.testing.TinyModels;
import dev.dovetail.models.torch.TorchFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A damaged file of any format is read or refused, quickly, and never fails in another way. */
class DamagedFilesTest {
  private static final Duration LIMIT = Duration.ofSeconds(1);
  private static final int HEAD_BYTES = 24_000;
  private static final int FLIPPED_FILES = 3000;

  @TempDir Path folder;

  enum Format {
    GGUF(GgufFile::open) {
      @Override
      byte[] valid() {
        return TinyModels.writer("qwen2", TensorType.Q4_K, 5, false).toBytes();
      }
    },
    SAFETENSORS(SafetensorsFile::open) {
      @Override
      byte[] valid() throws IOException {
        return Samples.bytes("sample.safetensors");
      }
    },
    TORCH(TorchFile::open) {
      @Override
      byte[] valid() throws IOException {
        return Samples.bytes("sample.bin");
      }
    };

    private final Function<Path, TensorFile> reader;

    Format(Function<Path, TensorFile> reader) {
      this.reader = reader;
    }

    abstract byte[] valid() throws IOException;
  }

  @ParameterizedTest
  @EnumSource
  void truncatedAtEveryPercent(Format format) throws IOException {
    byte[] valid = format.valid();
    for (int percent = 0; percent < 100; percent++) {
      int length = (int) (valid.length * (long) percent / 100);
      Path path = write(Arrays.copyOf(valid, length));
      long start = System.nanoTime();
      assertThatThrownBy(() -> format.reader.apply(path))
          .as("%s cut to %d %%", format, percent)
          .isInstanceOf(ModelFormatException.class)
          .hasMessageStartingWith(path.toString())
          .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(LIMIT);
    }
  }

  @ParameterizedTest
  @EnumSource
  void flippedBytes(Format format) throws IOException {
    Path path = write(format.valid());
    byte[] head = head(path);
    int refused = 0;
    for (int seed = 0; seed < FLIPPED_FILES; seed++) {
      Random random = new Random(seed);
      byte[] bytes = head.clone();
      int flips = 1 + random.nextInt(3);
      for (int i = 0; i < flips; i++) {
        bytes[random.nextInt(head.length)] = (byte) random.nextInt();
      }
      overwrite(path, bytes);
      refused += readsOrRefuses(format, path, seed) ? 0 : 1;
    }
    assertThat(refused).as("%s refused", format).isBetween(FLIPPED_FILES / 10, FLIPPED_FILES);
  }

  /** Numbers that are likeliest to overflow, laid over every place of the head in turn. */
  @ParameterizedTest
  @EnumSource
  void extremeNumbers(Format format) throws IOException {
    Path path = write(format.valid());
    byte[] head = head(path);
    byte[][] extremes = {
      {-1, -1, -1, -1, -1, -1, -1, -1},
      {-1, -1, -1, -1, -1, -1, -1, 0x7f},
      {0, 0, 0, 0, 0, 0, 0, (byte) 0x80},
      {-1, -1, -1, 0x7f},
      {0, 0, 0, 0, 0, 0, 0, 0},
    };
    for (int at = 0; at < Math.min(head.length, 4000) - Long.BYTES; at++) {
      byte[] extreme = extremes[at % extremes.length];
      byte[] bytes = head.clone();
      System.arraycopy(extreme, 0, bytes, at, extreme.length);
      overwrite(path, bytes);
      readsOrRefuses(format, path, at);
    }
  }

  @Test
  void recognisesFormatsByContent() throws IOException {
    for (Format format : Format.values()) {
      try (TensorFile file = TensorFiles.open(write(format.valid()))) {
        assertThat(file.tensors()).isNotEmpty();
        try (TensorFile same = format.reader.apply(file.path())) {
          assertThat(same).hasSameClassAs(file);
        }
      }
    }
    for (String other : new String[] {"", "x", "this is a text, no model"}) {
      Path path = Files.writeString(folder.resolve("other"), other);
      assertThatThrownBy(() -> TensorFiles.open(path))
          .isInstanceOf(ModelFormatException.class)
          .hasMessageContaining("neither a GGUF file, nor");
    }
    Path legacy = Samples.copy("legacy.bin", folder);
    assertThatThrownBy(() -> TensorFiles.open(legacy)).hasMessageContaining("bare pickle");
    assertThatThrownBy(() -> TensorFiles.open(folder)).hasMessageContaining("is a folder");
  }

  /** Whether a file is read; fails unless it is that or refused as a bad one. */
  private static boolean readsOrRefuses(Format format, Path path, int seed) {
    long start = System.nanoTime();
    boolean read = false;
    try (TensorFile file = format.reader.apply(path)) {
      for (Tensor tensor : file.tensors()) {
        tensor.data().asByteBuffer().get(new byte[Math.min(64, (int) tensor.data().byteSize())]);
      }
      if (file instanceof GgufFile gguf) {
        gguf.modelConfig();
      }
      read = true;
    } catch (ModelFormatException e) {
      assertThat(e).hasMessageStartingWith(path.toString());
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      fail("%s, seed or place %d".formatted(format, seed), e);
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .as("%s, seed or place %d", format, seed)
        .isLessThan(LIMIT);
    return read;
  }

  /** The bytes where damage does more than change a weight. */
  private static byte[] head(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      return in.readNBytes(HEAD_BYTES);
    }
  }

  private static void overwrite(Path path, byte[] head) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(head), 0);
    }
  }

  private Path write(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("damaged"), bytes);
  }
}
