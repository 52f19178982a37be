package dev.dovetail.models;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A validated, memory-mapped file of tensors (or a set of split files read as one). Safe for use by
 * several threads; closing it ends the life of every {@link Tensor#data()} it gave out.
 */
public interface TensorFile extends AutoCloseable {
  /** Where it was read from; the first of split files. */
  Path path();

  /** All tensors, in the file's order. */
  List<Tensor> tensors();

  Optional<Tensor> find(String name);

  /**
   * What the file says about itself, in its order; empty where its format has no place for that.
   */
  default Map<String, ?> metadata() {
    return Map.of();
  }

  /** The tensor of that name, or a {@link ModelFormatException} that says it is missing. */
  default Tensor get(String name) {
    return find(name)
        .orElseThrow(() ->
            new ModelFormatException(
                path(), ModelFormatException.NO_OFFSET, name, "is missing from the file"));
  }

  @Override
  void close();
}
