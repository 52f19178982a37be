package dev.dovetail.models.gguf;

import dev.dovetail.models.ModelConfig;
import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorFile;
import dev.dovetail.models.internal.MappedFile;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A GGUF file, version 2 or 3, little-endian, memory-mapped and validated; split files are read as
 * one. Safe for use by several threads; the metadata stay usable after closing.
 */
public final class GgufFile implements TensorFile {
  private final List<MappedFile> files;
  private final GgufPart first;
  private final Map<String, Tensor> tensors;

  private GgufFile(List<MappedFile> files, GgufPart first, Map<String, Tensor> tensors) {
    this.files = files;
    this.first = first;
    this.tensors = tensors;
  }

  /**
   * Opens and checks a file, or the first of split files and with it the others, which lie beside
   * it.
   *
   * @throws ModelFormatException if it is damaged, hostile, or holds a tensor of a type that is not
   *     read
   * @throws java.io.UncheckedIOException if it cannot be read
   */
  public static GgufFile open(Path path) {
    List<MappedFile> files = new ArrayList<>();
    try {
      files.add(MappedFile.open(path));
      GgufPart first = GgufPart.read(files.getFirst());
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      add(tensors, path, first);
      for (Path next : GgufSplit.others(path, first.metadata())) {
        files.add(MappedFile.open(next));
        GgufPart part = GgufPart.read(files.getLast());
        GgufSplit.checkPart(next, part.metadata(), files.size() - 1, first.metadata());
        add(tensors, next, part);
      }
      GgufSplit.checkCount(path, first.metadata(), tensors.size());
      return new GgufFile(files, first, tensors);
    } catch (RuntimeException | Error e) {
      files.forEach(MappedFile::close);
      throw e;
    }
  }

  /**
   * Reads and checks a file whose bytes are in memory already, such as a resource.
   *
   * @param label what error messages call it
   * @param bytes not modified; must live as long as the file is used
   * @throws ModelFormatException as {@link #open}
   */
  public static GgufFile of(Path label, MemorySegment bytes) {
    MappedFile file = MappedFile.of(label, bytes);
    try {
      GgufPart part = GgufPart.read(file);
      GgufSplit.checkCount(label, part.metadata(), part.tensors().size());
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      add(tensors, label, part);
      return new GgufFile(List.of(file), part, tensors);
    } catch (RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  private static void add(Map<String, Tensor> tensors, Path path, GgufPart part) {
    for (Tensor tensor : part.tensors()) {
      if (tensors.putIfAbsent(tensor.name(), tensor) != null) {
        throw new ModelFormatException(
            path, ModelFormatException.NO_OFFSET, tensor.name(), "stands twice");
      }
    }
  }

  /** The version of the format. */
  public int version() {
    return first.version();
  }

  /** The metadata, in the file's order; of split files those of the first. */
  @Override
  public Metadata metadata() {
    return first.metadata();
  }

  /**
   * The metadata as a {@link GgufWriter} takes them, in the file's order and every bit the same,
   * but without the keys that tell of a split: this file's tensors are read as one.
   *
   * @return must not be used after closing
   */
  public EncodedMetadata encodedMetadata() {
    return first.encodedMetadata().without(GgufSplit.KEYS);
  }

  /**
   * The configuration that the metadata and the tensors give, all shapes checked against it.
   *
   * @throws ModelFormatException if this is not a model that can be run
   */
  public ModelConfig modelConfig() {
    return new ModelConfigReader(this).read();
  }

  @Override
  public Path path() {
    return files.getFirst().path();
  }

  @Override
  public List<Tensor> tensors() {
    return List.copyOf(tensors.values());
  }

  @Override
  public Optional<Tensor> find(String name) {
    return Optional.ofNullable(tensors.get(name));
  }

  @Override
  public void close() {
    files.forEach(MappedFile::close);
  }
}
