package dev.dovetail.models.gguf;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.gguf.GgufWriter.TensorInfo;
import dev.dovetail.models.testing.TestWeights;
import dev.dovetail.models.testing.TinyModels;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Files that other writers made, read and written again: not a byte may differ. */
class GgufWriterTest {
  private static final int FILES = 300;
  private static final int STRING = 8;
  private static final int ARRAY = 9;

  /** Bytes of a value of each type, 0 where they vary. */
  private static final int[] WIDTHS = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

  @TempDir private Path folder;

  @Test
  void anyMetadataAndTensorsKeepEveryByte() throws IOException {
    for (int seed = 0; seed < FILES; seed++) {
      byte[] original = randomFile(new Random(seed));
      Path copy = folder.resolve(seed + ".gguf");
      try (GgufFile file = GgufFile.of(Path.of("random"), MemorySegment.ofArray(original))) {
        copy(file, copy);
      }
      assertThat(Files.readAllBytes(copy)).as("seed %d", seed).isEqualTo(original);
    }
  }

  @Test
  void aRealModelKeepsEveryByte() throws IOException {
    Path original = TestWeights.smolLm2();
    Path copy = folder.resolve("copy.gguf");
    try (GgufFile file = GgufFile.open(original)) {
      copy(file, copy);
    }
    assertThat(Files.mismatch(original, copy)).isEqualTo(-1);
  }

  @Test
  void splitFilesBecomeOneThatKnowsOfNoSplit() throws IOException {
    var whole = TinyModels.writer("llama", TensorType.Q8_0, 5, true);
    Path first = whole.writeSplit(folder, "split", 3).getFirst();
    Path copy = folder.resolve("copy.gguf");
    try (GgufFile file = GgufFile.open(first)) {
      assertThat(file.metadata()).containsKey("split.count");
      copy(file, copy);
    }
    assertThat(Files.readAllBytes(copy)).isEqualTo(whole.toBytes());
  }

  @Test
  void version2BecomesVersion3() throws IOException {
    byte[] old = new dev.dovetail.models.testing.GgufWriter(2).put("a", 1).toBytes();
    Path copy = folder.resolve("copy.gguf");
    try (GgufFile file = GgufFile.of(Path.of("old"), MemorySegment.ofArray(old))) {
      copy(file, copy);
    }
    try (GgufFile file = GgufFile.open(copy)) {
      assertThat(file.version()).isEqualTo(3);
      assertThat(file.metadata()).containsEntry("a", 1L).hasSize(1);
    }
  }

  @Test
  void aNumberTakesThePlaceOfAnotherOrTheLast() throws IOException {
    byte[] original =
        new dev.dovetail.models.testing.GgufWriter()
            .put("first", "text")
            .put("second", 2)
            .toBytes();
    Path changed = folder.resolve("changed.gguf");
    try (GgufFile file = GgufFile.of(Path.of("original"), MemorySegment.ofArray(original))) {
      EncodedMetadata metadata = file.encodedMetadata().withU32("first", -1).withU32("third", 3);
      assertThat(file.encodedMetadata().entries()).hasSize(2);
      try (GgufWriter writer = GgufWriter.create(changed, metadata, List.of())) {
        writer.finish();
      }
    }
    try (GgufFile file = GgufFile.open(changed)) {
      assertThat(file.metadata().keySet()).containsExactly("first", "second", "third");
      assertThat(file.metadata().values()).containsExactly(0xFFFF_FFFFL, 2L, 3L);
    }
  }

  @Test
  void whatIsThereIsNotOverwritten() throws IOException {
    Path taken = Files.writeString(folder.resolve("taken.gguf"), "mine");
    Path dangling =
        Files.createSymbolicLink(folder.resolve("link.gguf"), folder.resolve("nowhere"));

    assertThatThrownBy(() -> create(taken)).isInstanceOf(FileAlreadyExistsException.class);
    assertThatThrownBy(() -> create(dangling)).isInstanceOf(FileAlreadyExistsException.class);
    assertThat(taken).hasContent("mine");
  }

  @Test
  void aFileThatAppearsMeanwhileIsNotOverwritten() throws IOException {
    Path path = folder.resolve("new.gguf");
    try (GgufWriter writer = create(path)) {
      writer.write(MemorySegment.ofArray(new byte[12]));
      Files.writeString(path, "mine");
      assertThatThrownBy(writer::finish).isInstanceOf(FileAlreadyExistsException.class);
    }
    assertThat(files()).containsExactly(path);
    assertThat(path).hasContent("mine");
  }

  @Test
  void anUnfinishedFileLeavesNothing() throws IOException {
    try (GgufWriter writer = create(folder.resolve("new.gguf"))) {
      writer.write(MemorySegment.ofArray(new byte[8]));
      assertThat(files()).hasSize(1);
      assertThatThrownBy(writer::finish)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("4 bytes of tensor 'a' are missing");
      assertThatThrownBy(() -> writer.write(MemorySegment.ofArray(new byte[5])))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("5 bytes for tensor 0 of 1, which has room for 4");
    }
    assertThat(files()).isEmpty();
  }

  @Test
  void theFolderMustBeThere() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");

    assertThatThrownBy(() -> create(folder.resolve("none/new.gguf")))
        .isInstanceOf(FileSystemException.class)
        .hasMessage("%s/none/new.gguf: its folder does not exist; make that first", folder);
    assertThatThrownBy(() -> create(file.resolve("new.gguf")))
        .isInstanceOf(FileSystemException.class);
  }

  @Test
  void moreThanTheDiskHoldsIsNotBegun() throws IOException {
    TensorInfo huge = new TensorInfo("a", TensorType.F32, List.of(1L << 28, 1L << 28));

    assertThatThrownBy(() -> GgufWriter.create(folder.resolve("new.gguf"), none(), List.of(huge)))
        .isInstanceOf(FileSystemException.class)
        .hasMessageContaining("new.gguf: takes 288230376151711840 bytes, and its disk has ");
    assertThat(files()).isEmpty();
  }

  @Test
  void tensorsThatNoFileHasAreRefused() {
    assertThatThrownBy(() -> new TensorInfo("a", TensorType.Q8_0, List.of(2L, 33L)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tensor 'a' cannot be written as Q8_0 of shape [2, 33]");
    assertThatThrownBy(() -> new TensorInfo("a", TensorType.F32, List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new TensorInfo("a", TensorType.F32, List.of(0L)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new TensorInfo("a", TensorType.F32, List.of(1L, 1L, 1L, 1L, 1L)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "a process there is ended without being asked")
  void aProcessThatIsEndedLeavesNothing() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Unfinished.class.getName(),
                folder.resolve("new.gguf").toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out = process.inputReader(UTF_8)) {
      assertThat(out.readLine()).isEqualTo("begun");
      assertThat(files()).hasSize(1);
      process.destroy();
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(files()).isEmpty();
  }

  /** Begins a file and waits to be ended. */
  static final class Unfinished {
    private Unfinished() {}

    public static void main(String[] args) throws IOException, InterruptedException {
      try (GgufWriter writer = create(Path.of(args[0]))) {
        writer.write(MemorySegment.ofArray(new byte[8]));
        System.out.println("begun");
        Thread.sleep(60_000);
      }
    }
  }

  private static GgufWriter create(Path path) throws IOException {
    return GgufWriter.create(
        path, none(), List.of(new TensorInfo("a", TensorType.F32, List.of(3L))));
  }

  private static EncodedMetadata none() {
    return new EncodedMetadata(32, Map.of());
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  private static void copy(GgufFile file, Path to) throws IOException {
    List<TensorInfo> infos =
        file.tensors().stream()
            .map(tensor -> new TensorInfo(tensor.name(), tensor.type(), tensor.shape()))
            .toList();
    try (GgufWriter writer = GgufWriter.create(to, file.encodedMetadata(), infos)) {
      for (Tensor tensor : file.tensors()) {
        long half = tensor.data().byteSize() / 2;
        writer.write(tensor.data().asSlice(0, half));
        writer.write(tensor.data().asSlice(half));
      }
      writer.finish();
    }
  }

  /** A file of its own spelling: values of every type, tensors of every type and rank. */
  private static byte[] randomFile(Random random) {
    int alignment = 8 << random.nextInt(5);
    int keys = random.nextInt(12);
    int tensors = random.nextInt(6);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("GGUF".getBytes(UTF_8));
    number(out, 3, 4);
    number(out, tensors, 8);
    number(out, keys + 1, 8);
    string(out, "general.alignment".getBytes(UTF_8));
    number(out, 4, 4);
    number(out, alignment, 4);
    for (int i = 0; i < keys; i++) {
      string(out, ("key." + i + ".ö").getBytes(UTF_8));
      int type = random.nextInt(WIDTHS.length);
      number(out, type, 4);
      if (type == ARRAY) {
        int element = random.nextInt(WIDTHS.length - 1);
        element += element >= ARRAY ? 1 : 0;
        int count = random.nextInt(5);
        number(out, element, 4);
        number(out, count, 8);
        for (int j = 0; j < count; j++) {
          value(out, element, random);
        }
      } else {
        value(out, type, random);
      }
    }
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    TensorType[] types = TensorType.values();
    for (int i = 0; i < tensors; i++) {
      TensorType type = types[random.nextInt(types.length)];
      int dimensions = 1 + random.nextInt(4);
      string(out, ("tensor." + i).getBytes(UTF_8));
      number(out, dimensions, 4);
      int elements = type.blockSize() * (1 + random.nextInt(3));
      number(out, elements, 8);
      for (int j = 1; j < dimensions; j++) {
        int extent = 1 + random.nextInt(3);
        number(out, extent, 8);
        elements *= extent;
      }
      number(out, type.ggufId(), 4);
      number(out, data.size(), 8);
      data.writeBytes(bytes(random, (int) type.bytes(elements)));
      pad(data, alignment);
    }
    pad(out, alignment);
    out.writeBytes(data.toByteArray());
    return out.toByteArray();
  }

  private static void value(ByteArrayOutputStream out, int type, Random random) {
    if (type == STRING) {
      string(out, bytes(random, random.nextInt(9))); // hardly ever UTF-8
    } else {
      out.writeBytes(bytes(random, WIDTHS[type]));
    }
  }

  private static byte[] bytes(Random random, int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  private static void string(ByteArrayOutputStream out, byte[] bytes) {
    number(out, bytes.length, 8);
    out.writeBytes(bytes);
  }

  private static void number(ByteArrayOutputStream out, long value, int width) {
    byte[] bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    out.write(bytes, 0, width);
  }

  private static void pad(ByteArrayOutputStream out, int alignment) {
    out.writeBytes(new byte[Math.floorMod(-out.size(), alignment)]);
  }
}
