package dev.dovetail.dgf;

import dev.dovetail.engine.decoder.DecoderShape;
import dev.dovetail.engine.round.DraftModel;
import dev.dovetail.engine.round.DraftProvider;
import dev.dovetail.engine.round.DraftTarget;
import dev.dovetail.models.ModelConfig;
import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.TensorFile;
import dev.dovetail.models.gguf.GgufFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Finds DGF drafts: those that come with the engine, and checkpoints of the user's. */
public final class DgfProvider implements DraftProvider {
  @Override
  public Optional<DraftModel> bundled(DraftTarget target) {
    return BundledDraft.find(target.config()).map(draft -> draft.load(target));
  }

  @Override
  public Optional<DraftModel> open(Path checkpoint, DraftTarget target) {
    if (DgfDraftModel.recognises(checkpoint)) {
      return Optional.of(DgfDraftModel.openFolder(checkpoint, target));
    }
    if (Files.isRegularFile(checkpoint)) {
      try (GgufFile file = GgufFile.open(checkpoint)) {
        return openFile(file, target);
      }
    }
    return Optional.empty();
  }

  @Override
  public Optional<DraftModel> made(DecoderShape shape, Weights weights, DraftTarget target) {
    int vocabulary = target.head().rows();
    DgfConfig config = new DgfConfig(target.config().name(), shape, vocabulary, vocabulary);
    try (TensorFile file = new MadeTensors(shape, weights)) {
      return Optional.of(DgfDraftModel.load(file, config, target));
    }
  }

  private static Optional<DraftModel> openFile(GgufFile file, DraftTarget target) {
    return config(file, target.config()).map(config -> DgfDraftModel.load(file, config, target));
  }

  /** The configuration of a draft in one file, checked; empty if it is none. */
  static Optional<DgfConfig> config(GgufFile file, ModelConfig target) {
    if (!(file.metadata().get(DgfDraftModel.CONFIG_KEY) instanceof String json)) {
      return Optional.empty();
    }
    DgfConfig config = DgfConfig.parse(json, file.path());
    config.checkMatches(target, file.path());
    return Optional.of(config);
  }

  /** As {@link #openFile}, for a file that must be a draft. */
  static DraftModel openBundled(GgufFile file, DraftTarget target) {
    return openFile(file, target)
        .orElseThrow(
            () -> new ModelFormatException(file.path(), "is not a draft, though it came as one"));
  }
}
