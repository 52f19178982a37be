package dev.dovetail.models.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.testing.Samples;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsFileTest {
  @TempDir Path folder;

  @Test
  void readsWhatThePythonLibraryWrites() throws IOException {
    try (SafetensorsFile file = SafetensorsFile.open(Samples.copy("sample.safetensors", folder))) {
      assertThat(file.metadata())
          .containsExactlyInAnyOrderEntriesOf(Map.of("format", "pt", "note", "grün"));
      assertThat(file.tensors())
          .extracting(Tensor::name)
          .containsExactlyInAnyOrder("layers.0.weight", "half", "brain", "ids", "scalar");
      Tensor weight = file.get("layers.0.weight");
      assertThat(weight.type()).isEqualTo(TensorType.F32);
      assertThat(weight.shape()).containsExactly(2L, 3L);
      assertThat(weight.data().toArray(ValueLayout.JAVA_FLOAT))
          .containsExactly(0, 0.5f, 1, 1.5f, 2, 2.5f);
      Tensor half = file.get("half");
      assertThat(half.type()).isEqualTo(TensorType.F16);
      assertThat(Float.float16ToFloat(half.data().get(ValueLayout.JAVA_SHORT, 4)))
          .isEqualTo(65504f);
      Tensor brain = file.get("brain");
      assertThat(brain.type()).isEqualTo(TensorType.BF16);
      assertThat(brain.shape()).containsExactly(2L, 1L);
      assertThat(Float.intBitsToFloat(brain.data().get(ValueLayout.JAVA_SHORT, 2) << 16))
          .isEqualTo(-3f);
      assertThat(file.get("ids").data().toArray(ValueLayout.JAVA_INT)).containsExactly(0, 7, -1);
      assertThat(file.get("scalar").shape()).isEmpty();
      assertThat(file.get("scalar").rows()).isEqualTo(1);
      assertThat(file.get("scalar").cols()).isEqualTo(1);
      assertThat(file.get("scalar").data().get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(0.25f);
    }
  }

  @Test
  void refusesOtherTypesByName() throws IOException {
    assertFault(
        Samples.bytes("int64.safetensors"),
        "tensor 'mask': has dtype I64; F32, F16, BF16 and I32 are read");
  }

  /**
   * A header whose length is odd leaves the data misaligned; numbers must still lie aligned in
   * memory.
   */
  @Test
  void alignsNumbers() throws IOException {
    for (int spaces = 0; spaces < 4; spaces++) {
      String header =
          "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}" + " ".repeat(spaces);
      Path path = write(file(header, 0, 0, (byte) 0x80, 0x3f));
      try (SafetensorsFile file = SafetensorsFile.open(path)) {
        assertThat(file.get("a").data().get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(1f);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
            + "\"b\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[2,4]}} | overlap",
        "{\"a\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,2]}} | of which tensors use 2",
        "{\"a\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[2,4]}} | leave a gap",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}} | truncated",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}} | needs 8 bytes",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}} | give -4",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}} | none negative",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}} | VALUE_NUMBER_INT",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,4]}}"
            + " | impossible shape",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,4]}}"
            + " | header",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
            + "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} | Duplicate",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}} | two data_offsets",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}} | unknown key"
            + " 'x'",
        "{\"a\":[[[[[[[[]]]]]]]]} | found START_ARRAY where START_OBJECT is wanted",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[[[[]]]],\"data_offsets\":[0,4]}} | header",
        "{\"__metadata__\":{\"a\":{}}} | VALUE_STRING",
        "{} {} | text after its header",
        "[] | START_OBJECT",
        "{\"a\" | header",
      })
  void refusesBadHeaders(String header, String message) throws IOException {
    assertFault(file(header, 0, 0, 0, 0), message);
  }

  @Test
  void refusesOtherFiles() throws IOException {
    assertFault(new byte[0], "is not a safetensors file");
    assertFault(new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, '{'}, "is not a safetensors file");
    // UTF-32 that is none.
    assertFault(file("\0\0\0{\u00ff\u00ff\u00ff\u00ff"), "header");
  }

  private static byte[] file(String header, int... data) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] json = header.getBytes(StandardCharsets.ISO_8859_1);
    out.writeBytes(
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).array());
    out.writeBytes(json);
    for (int b : data) {
      out.write(b);
    }
    return out.toByteArray();
  }

  private Path write(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("file.safetensors"), bytes);
  }

  private void assertFault(byte[] bytes, String message) throws IOException {
    Path path = write(bytes);
    assertThatThrownBy(() -> SafetensorsFile.open(path))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith(path.toString())
        .hasMessageContaining(message);
  }
}
