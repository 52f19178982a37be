package dev.dovetail.dgf;

import dev.dovetail.engine.round.DraftModel;
import dev.dovetail.engine.round.DraftTarget;
import dev.dovetail.models.ModelConfig;
import dev.dovetail.models.gguf.GgufFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * A draft that comes with the engine, and the targets it serves: any quantisation of one model,
 * known by its name and shape.
 *
 * @param resource its file, beside this class
 * @param namePrefix how the target's name begins, letters and digits only, lower case
 */
record BundledDraft(
    String resource,
    String namePrefix,
    String architecture,
    int layers,
    int hidden,
    int vocabulary) {
  private static final List<BundledDraft> ALL =
      List.of(
          new BundledDraft(
              "smollm2-135m-instruct.dgf.gguf", "smollm2135m", "llama", 30, 576, 49152),
          new BundledDraft(
              "qwen2.5-coder-1.5b-instruct.dgf.gguf",
              "qwen25coder15binstruct",
              "qwen2",
              28,
              1536,
              151936),
          new BundledDraft("tiny.dgf.gguf", "tiny", "llama", 6, 256, 4096));

  /** The draft for a target, if there is one. The smaller distribution leaves some behind. */
  static Optional<BundledDraft> find(ModelConfig target) {
    return ALL.stream().filter(draft -> draft.serves(target) && draft.isHere()).findFirst();
  }

  private boolean isHere() {
    return BundledDraft.class.getResource("drafts/" + resource) != null;
  }

  private boolean serves(ModelConfig target) {
    String name = target.name().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    return name.startsWith(namePrefix)
        && target.architecture().equals(architecture)
        && target.layers() == layers
        && target.hidden() == hidden
        && target.vocabulary() == vocabulary;
  }

  DraftModel load(DraftTarget target) {
    return read(file -> DgfProvider.openBundled(file, target));
  }

  /** Its file's bytes; the caller closes the stream. */
  InputStream open() {
    InputStream in = BundledDraft.class.getResourceAsStream("drafts/" + resource);
    if (in == null) {
      throw new IllegalStateException(
          "the draft " + resource + " is missing from the dgf-fusion jar: build it again");
    }
    return in;
  }

  /** Opens its file for as long as the reader takes. */
  <T> T read(Function<GgufFile, T> reader) {
    try (InputStream in = open()) {
      MemorySegment bytes = MemorySegment.ofArray(in.readAllBytes());
      try (GgufFile file = GgufFile.of(Path.of(resource), bytes)) {
        return reader.apply(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
