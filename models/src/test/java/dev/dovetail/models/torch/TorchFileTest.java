package dev.dovetail.models.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.testing.Samples;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TorchFileTest {
  @TempDir Path folder;

  @Test
  void readsWhatPyTorchWrites() throws IOException {
    try (TorchFile file = TorchFile.open(Samples.copy("sample.bin", folder))) {
      assertThat(file.tensors())
          .extracting(Tensor::name)
          .containsExactly(
              "layers.0.weight", "half", "brain", "ids", "scalar", "parameter", "tied", "view");
      assertThat(file.get("layers.0.weight").shape()).containsExactly(2L, 3L);
      assertThat(file.get("layers.0.weight").data().toArray(ValueLayout.JAVA_FLOAT))
          .containsExactly(0, 0.5f, 1, 1.5f, 2, 2.5f);
      Tensor half = file.get("half");
      assertThat(half.type()).isEqualTo(TensorType.F16);
      assertThat(Float.float16ToFloat(half.data().get(ValueLayout.JAVA_SHORT, 4)))
          .isEqualTo(65504f);
      assertThat(file.get("tied").data().address()).isEqualTo(half.data().address());
      Tensor brain = file.get("brain");
      assertThat(brain.type()).isEqualTo(TensorType.BF16);
      assertThat(Float.intBitsToFloat(brain.data().get(ValueLayout.JAVA_SHORT, 2) << 16))
          .isEqualTo(-3f);
      assertThat(file.get("ids").type()).isEqualTo(TensorType.I32);
      assertThat(file.get("ids").data().toArray(ValueLayout.JAVA_INT)).containsExactly(0, 7, -1);
      assertThat(file.get("scalar").shape()).isEmpty();
      assertThat(file.get("scalar").data().get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(0.25f);
      assertThat(file.get("parameter").data().toArray(ValueLayout.JAVA_FLOAT))
          .containsExactly(1, 1, 1, 1);
      assertThat(file.get("view").data().toArray(ValueLayout.JAVA_FLOAT))
          .containsExactly(4, 5, 6, 7);
      assertThat(file.metadata()).isEmpty();
    }
  }

  /** A module's state dict carries an attribute of its own, set by another instruction. */
  @Test
  void readsTheStateDictOfAModule() throws IOException {
    try (TorchFile file = TorchFile.open(Samples.copy("module.bin", folder))) {
      assertThat(file.get("inner.weight").data().toArray(ValueLayout.JAVA_FLOAT))
          .containsExactly(0, 0.5f, 1, 1.5f, 2, 2.5f);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "malicious.bin | asks for 'posix.system'",
        "int64.bin | asks for 'torch.LongStorage'",
        "transposed.bin | tensor 'turned': has shape [3, 2] with strides [1, 3]",
        "nested.bin | holds 'model', which is no tensor",
        "legacy.bin | is a bare pickle, as PyTorch wrote before version 1.6",
        "deflated.bin | has the zip entry 'archive/data.pkl' compressed",
        "protocol4.bin | is pickled by protocol 4",
        "sample.safetensors | is not a PyTorch checkpoint",
      })
  void refusesOthers(String sample, String message) throws IOException {
    assertFault(Samples.copy(sample, folder), message);
    assertThat(Path.of("dovetail-was-here")).doesNotExist();
  }

  @Test
  void refusesWhatOnlyLooksLikeACheckpoint() throws IOException {
    assertFault(zip(Map.of("archive/other", new byte[3])), "0 entries */data.pkl");
    assertFault(
        zip(Map.of("a/data.pkl", new byte[3], "b/data.pkl", new byte[3])), "2 entries */data.pkl");
    assertFault(
        zip(
            Map.of(
                "a/data.pkl", new byte[3], "a/byteorder", "big".getBytes(StandardCharsets.UTF_8))),
        "has byte order 'big'");
    assertFault(Files.write(folder.resolve("empty"), new byte[0]), "is not a PyTorch checkpoint");
  }

  /**
   * Pickles written by hand: instructions that no dictionary of tensors needs, or in no order that
   * makes sense.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "cos\\nsystem\\n. | asks for 'os.system'",
        "(ios\\nsystem\\n. | instruction 0x69",
        "cbuiltins\\neval\\n(X\\1\\0\\0\\0001tR. | asks for 'builtins.eval'",
        "}}}R. | damaged pickle",
        "ccollections\\nOrderedDict\\n}R. | damaged pickle",
        "ccollections\\nOrderedDict\\nK\\1\\205R. | calls collections.OrderedDict",
        "ctorch\\nFloatStorage\\n)R. | calls torch.FloatStorage",
        "ctorch._utils\\n_rebuild_tensor_v2\\n)R. | calls torch._utils._rebuild_tensor_v2",
        ". | damaged pickle",
        "t. | damaged pickle",
        "h\\7. | damaged pickle",
        "}(K\\1u. | key without a value",
        "}})s. | key that is neither",
        "K\\1. | no dictionary of tensors",
        "}X\\1\\0\\0\\0aK\\1s. | holds 'a', which is no tensor",
        "X\\377\\377\\377\\177 | in the middle of its pickle",
        "} | in the middle of its pickle",
        "(X\\7\\0\\0\\0storagectorch\\n"
            + "FloatStorage\\n"
            + "X\\1\\0\\0\\0000K\\0tQ. | storage that is not",
      })
  void refusesHandmadePickles(String code, String message) throws IOException {
    byte[] pickle = code.translateEscapes().getBytes(StandardCharsets.ISO_8859_1);
    assertFault(zip(Map.of("archive/data.pkl", pickle)), message);
  }

  @Test
  void checksTensorsAgainstTheirStorage() throws IOException {
    assertThat(read(checkpoint(4, 0, "K\u0002K\u0002\u0086", "K\u0002K\u0001\u0086", 16)))
        .isEqualTo(16);
    assertFault(
        checkpoint(4, 1, "K\u0002K\u0002\u0086", "K\u0002K\u0001\u0086", 16),
        "tensor 'w': needs 4 elements from 1 of a storage of 4");
    assertFault(checkpoint(4, 0, "K\u0005\u0085", "K\u0001\u0085", 16), "more than the 4 elements");
    assertFault(checkpoint(4, 0, "K\u0004\u0085", "K\u0001\u0085", 12), "data/0 has 12 bytes");
    assertFault(checkpoint(4, 0, "K\u0004\u0085", "K\u0001\u0085", -1), "data/0 is missing");
    assertFault(checkpoint(4, 0, "K\u0004\u0085", ")", 16), "not contiguous");
    assertFault(
        checkpoint(4, 0, "J\u00ff\u00ff\u00ff\u00ff\u0085", "K\u0001\u0085", 16), "has shape [-1]");
    assertFault(
        checkpoint(4, 0, "J\0\0\0@J\0\0\0@\u0086", "J\0\0\0@K\u0001\u0086", 16),
        "more than the 4 elements");
  }

  @Test
  void refusesOverlappingZipEntries() throws IOException {
    byte[] bytes = Files.readAllBytes(checkpoint(4, 0, "K\u0004\u0085", "K\u0001\u0085", 16));
    // The second entry's place in the directory becomes the first one's.
    int directory = indexOf(bytes, "PK\u0001\u0002", 0);
    int second = indexOf(bytes, "PK\u0001\u0002", directory + 1);
    System.arraycopy(bytes, directory + 42, bytes, second + 42, 4);
    assertFault(Files.write(folder.resolve("overlap.bin"), bytes), "overlapping zip entries");
  }

  private long read(Path path) {
    try (TorchFile file = TorchFile.open(path)) {
      return file.get("w").data().byteSize();
    }
  }

  /**
   * A checkpoint of one F32 tensor; shape and strides are pickle code; no entry of numbers if bytes
   * is negative.
   */
  private Path checkpoint(int elements, int offset, String shape, String strides, int bytes)
      throws IOException {
    String storage =
        "(X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\0" + "0X\u0003\0\0\0cpuK";
    String code =
        "\u0080\u0002}X\u0001\0\0\0wctorch._utils\n_rebuild_tensor_v2\n("
            + storage
            + (char) elements
            + "tQK"
            + (char) offset
            + shape
            + strides
            + "\u0089NtRs.";
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("archive/data.pkl", code.getBytes(StandardCharsets.ISO_8859_1));
    if (bytes >= 0) {
      entries.put("archive/data/0", new byte[bytes]);
    }
    return zip(entries);
  }

  private Path zip(Map<String, byte[]> entries) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.setMethod(ZipOutputStream.STORED);
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        CRC32 crc = new CRC32();
        crc.update(entry.getValue());
        ZipEntry header = new ZipEntry(entry.getKey());
        header.setSize(entry.getValue().length);
        header.setCrc(crc.getValue());
        zip.putNextEntry(header);
        zip.write(entry.getValue());
      }
    }
    return Files.write(folder.resolve("made.bin"), out.toByteArray());
  }

  private static int indexOf(byte[] bytes, String text, int from) {
    return new String(bytes, StandardCharsets.ISO_8859_1).indexOf(text, from);
  }

  private static void assertFault(Path path, String message) {
    assertThatThrownBy(() -> TorchFile.open(path))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith(path.toString())
        .hasMessageContaining(message);
  }
}
