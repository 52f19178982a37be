package dev.dovetail.models.gguf;

import dev.dovetail.models.ModelConfig;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A GGUF file, version 2 or 3, memory-mapped and validated; split files are read as one. */
public final class GgufFile implements TensorFile {

  /** Opens and checks a file. */
  public static GgufFile open(Path path) {
    throw new UnsupportedOperationException("being written");
  }

  /** The metadata, in the file's order: Boolean, Long, Double, String, or an array of them. */
  public Map<String, Object> metadata() {
    throw new UnsupportedOperationException("being written");
  }

  /** The configuration that the metadata and the tensors give. */
  public ModelConfig modelConfig() {
    throw new UnsupportedOperationException("being written");
  }

  @Override
  public Path path() {
    throw new UnsupportedOperationException("being written");
  }

  @Override
  public List<Tensor> tensors() {
    throw new UnsupportedOperationException("being written");
  }

  @Override
  public Optional<Tensor> find(String name) {
    throw new UnsupportedOperationException("being written");
  }

  @Override
  public void close() {
    throw new UnsupportedOperationException("being written");
  }
}
