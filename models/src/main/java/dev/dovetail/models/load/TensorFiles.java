package dev.dovetail.models.load;

import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.TensorFile;
import dev.dovetail.models.gguf.GgufFile;
import dev.dovetail.models.safetensors.SafetensorsFile;
import dev.dovetail.models.torch.TorchFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Opens files of tensors by what they hold, whatever they are called. */
public final class TensorFiles {
  private static final int HEAD_BYTES = 9;

  private TensorFiles() {}

  /**
   * Opens a GGUF file, a safetensors file or a PyTorch checkpoint.
   *
   * @throws ModelFormatException if it is none of these, or a faulty one
   * @throws UncheckedIOException if it cannot be read
   */
  public static TensorFile open(Path path) {
    if (Files.isDirectory(path)) {
      throw new ModelFormatException(path, "is a folder, not a file");
    }
    byte[] head;
    try (InputStream in = Files.newInputStream(path)) {
      head = in.readNBytes(HEAD_BYTES);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String start = new String(head, StandardCharsets.ISO_8859_1);
    if (start.startsWith("GGUF")) {
      return GgufFile.open(path);
    }
    // A safetensors file starts with the eight bytes of a length, then a JSON object.
    if (start.endsWith("{") && head.length == HEAD_BYTES) {
      return SafetensorsFile.open(path);
    }
    if (start.startsWith("PK") || start.startsWith("\u0080")) {
      return TorchFile.open(path);
    }
    throw new ModelFormatException(
        path, "is neither a GGUF file, nor a safetensors file, nor a PyTorch checkpoint");
  }
}
