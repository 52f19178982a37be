package dev.dovetail.models.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.testing.GgufWriter;
import dev.dovetail.models.testing.TinyWeights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are no GGUF, or would be dangerous to believe. */
class BadGgufTest {
  private static final int F32 = TensorType.F32.ggufId();
  private static final int VERSION_AT = 4;
  private static final int TENSORS_AT = 8;
  private static final int KEYS_AT = 16;
  private static final int FIRST_KEY_AT = 24;

  @TempDir Path folder;

  @Test
  void otherFilesAndVersions() throws IOException {
    assertFault(new byte[] {'G', 'G', 'U'}, "is not a GGUF file");
    assertFault(
        "GGML and so on, and on".getBytes(java.nio.charset.StandardCharsets.UTF_8),
        "is not a GGUF file");
    byte[] bytes = new GgufWriter().toBytes();
    assertFault(patched(bytes, VERSION_AT, 1), "is GGUF version 1; versions 2 and 3 are read");
    assertFault(patched(bytes, VERSION_AT, 4), "is GGUF version 4; versions 2 and 3 are read");
    assertFault(patched(bytes, VERSION_AT, 3 << 24), "is a big-endian GGUF file");
  }

  @Test
  void counts() throws IOException {
    byte[] bytes = new GgufWriter().put("text", "value").put("list", new int[4]).toBytes();
    String[] tooMany = {"at byte 8", "claims a count of 18446744073709551615 in the tensor count"};
    assertFault(patched(bytes, TENSORS_AT, -1L), tooMany);
    assertFault(patched(bytes, TENSORS_AT, 1L << 40), "more than the");
    assertFault(patched(bytes, KEYS_AT, 1L << 40), "in the metadata count, more than the");
    assertFault(patched(bytes, FIRST_KEY_AT, 1L << 40), "in a metadata key, more than the");
    assertFault(patched(bytes, FIRST_KEY_AT + 8 + 4 + 4, -5L), "in text, more than the");
    int list = FIRST_KEY_AT + 8 + 4 + 4 + 8 + 5 + 8 + 4 + 4;
    assertFault(patched(bytes, list + 4, Long.MAX_VALUE), "in list, more than the");
    assertFault(patched(bytes, list, 9), "'list' is an array of arrays");
    assertFault(patched(bytes, list, 13), "'list' has value type 13");
    assertFault(patched(bytes, FIRST_KEY_AT + 8 + 4, 77), "'text' has value type 77");
  }

  @Test
  void stringsInArrays() throws IOException {
    byte[] bytes = new GgufWriter().put("list", List.of("one", "two")).toBytes();
    int first = FIRST_KEY_AT + 8 + 4 + 4 + 4 + 8;
    assertFault(patched(bytes, first, -1L), "at byte " + first, "a string in list is longer");
    int second = first + 8 + 3;
    assertFault(patched(bytes, second, 1L << 33), "at byte " + second, "a string in list");
  }

  @Test
  void namesTwice() throws IOException {
    byte[] bytes = new GgufWriter().put("a", 1).put("b", 2).toBytes();
    bytes[FIRST_KEY_AT + 8 + 1 + 4 + 4 + 8] = 'a';
    assertFault(bytes, "metadata key 'a' stands twice");
    GgufWriter writer = new GgufWriter();
    vector(writer, "t", 0);
    vector(writer, "t", 32);
    assertFault(writer.toBytes(), "tensor 't': stands twice");
  }

  @Test
  void alignment() throws IOException {
    for (int alignment : new int[] {1, 4, 24}) {
      assertFault(
          new GgufWriter().put("general.alignment", alignment).toBytes(),
          "general.alignment is " + alignment + "; a power of two of at least 8 is wanted");
    }
    GgufWriter huge = new GgufWriter();
    vector(huge, "t", 0);
    byte[] bytes = huge.put("general.alignment", 64).toBytes();
    // The last metadata value, before the only tensor.
    int at = FIRST_KEY_AT + 8 + "general.alignment".length() + 4;
    assertFault(patched(bytes, at, 1 << 30), "tensor 't': needs 16 bytes from offset 0");
  }

  @Test
  void placesOfTensors() throws IOException {
    GgufWriter overlap = new GgufWriter();
    vector(overlap, "first", 0);
    vector(overlap, "second", 0);
    assertFault(overlap.toBytes(), "tensor 'second': overlaps tensor 'first'");
    for (long offset : new long[] {8, -32}) {
      GgufWriter odd = new GgufWriter();
      vector(odd, "t", offset);
      assertFault(odd.toBytes(), "tensor 't': starts at offset", "not a multiple of 32");
    }
    for (long offset : new long[] {32, Long.MAX_VALUE - 31}) {
      GgufWriter outside = new GgufWriter();
      vector(outside, "t", offset);
      assertFault(outside.toBytes(), "tensor 't': needs 16 bytes from offset " + offset);
    }
  }

  @Test
  void shapes() throws IOException {
    assertFault(tensor(F32, 0), "tensor 't': has the impossible shape [0]");
    assertFault(tensor(F32, -4), "tensor 't': has the impossible shape [-4]");
    assertFault(tensor(F32, 1L << 32, 1L << 32), "impossible shape [4294967296, 4294967296]");
    assertFault(tensor(F32, 1L << 62), "impossible shape [4611686018427387904]");
    assertFault(tensor(F32, Long.MAX_VALUE, 3), "impossible shape");
    assertFault(tensor(F32), "tensor 't': has 0 dimensions; 1 to 4 are read");
    assertFault(tensor(F32, 1, 1, 1, 1, 1), "tensor 't': has 5 dimensions; 1 to 4 are read");
    assertFault(
        tensor(TensorType.Q4_K.ggufId(), 128, 2),
        "tensor 't': has rows of 128 values; Q4_K needs a multiple of 256");
  }

  @Test
  void types() throws IOException {
    assertFault(
        tensor(16, 256), "tensor 't': has type IQ2_XXS, which is not read (types read: F32");
    assertFault(tensor(39, 256), "tensor 't': has type MXFP4, which is not read");
    assertFault(tensor(99, 256), "tensor 't': has type number 99, which GGUF does not define");
    assertFault(tensor(-1, 256), "tensor 't': has type number 4294967295");
  }

  /** Names are the file's own words: they must not reach a terminal as they are. */
  @Test
  void messagesArePrintable() throws IOException {
    byte[] bytes =
        new GgufWriter()
            .rawTensor("two\nlines\u001b[31m", 99, new long[] {1}, new byte[4], 0)
            .toBytes();
    assertFault(bytes, "tensor 'two\uFFFDlines\uFFFD[31m': has type number 99");
    GgufWriter writer = new GgufWriter().put("general.architecture", "long".repeat(100_000));
    Path path = Files.write(folder.resolve("long.gguf"), writer.toBytes());
    try (GgufFile file = GgufFile.open(path)) {
      assertThatThrownBy(file::modelConfig)
          .isInstanceOf(ModelFormatException.class)
          .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(1100).endsWith("..."));
    }
  }

  private static void vector(GgufWriter writer, String name, long offset) {
    writer.rawTensor(name, F32, new long[] {4}, TinyWeights.bytes(1, 2, 3, 4), offset);
  }

  private static byte[] tensor(int type, long... dims) {
    return new GgufWriter().rawTensor("t", type, dims, new byte[1024], 0).toBytes();
  }

  private static byte[] patched(byte[] bytes, int at, long value) {
    byte[] copy = bytes.clone();
    ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN).putLong(at, value);
    return copy;
  }

  private static byte[] patched(byte[] bytes, int at, int value) {
    byte[] copy = bytes.clone();
    ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
    return copy;
  }

  private void assertFault(byte[] bytes, String... messages) throws IOException {
    Path path = Files.write(folder.resolve("bad.gguf"), bytes);
    assertThatThrownBy(() -> GgufFile.open(path))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith(path.toString())
        .hasMessageContainingAll(messages);
  }
}
