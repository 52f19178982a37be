package dev.dovetail.dgf;

import dev.dovetail.engine.decoder.TargetWeights;
import dev.dovetail.engine.plan.DraftShape;
import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorFile;
import dev.dovetail.models.gguf.GgufFile;
import dev.dovetail.models.load.Model;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What DGF drafts take in memory and in time, from their files, without loading them. */
public final class DraftShapes {
  private DraftShapes() {}

  /** Of the draft that comes with the engine for a target, if there is one. */
  public static Optional<DraftShape> bundled(Model target) {
    return BundledDraft.find(target.config())
        .map(draft -> draft.read(file -> ofFile(file, target).orElseThrow()));
  }

  /**
   * Of a checkpoint: a folder, or a draft in one file.
   *
   * @throws ModelFormatException if it is no DGF draft, or none for this target
   */
  public static DraftShape open(Path checkpoint, Model target) {
    Optional<DraftShape> shape = Optional.empty();
    if (DgfDraftModel.recognises(checkpoint)) {
      shape =
          Optional.of(
              DgfDraftModel.readFolder(
                  checkpoint, target.config(), (file, config) -> of(file, config, target)));
    } else if (Files.isRegularFile(checkpoint)) {
      try (GgufFile file = GgufFile.open(checkpoint)) {
        shape = ofFile(file, target);
      }
    }
    return shape.orElseThrow(() ->
        new ModelFormatException(
            checkpoint,
            "is no DGF draft: wanted a folder with config.json and model.safetensors or"
                + " pytorch_model.bin, or one file"));
  }

  private static Optional<DraftShape> ofFile(GgufFile file, Model target) {
    return DgfProvider.config(file, target.config()).map(config -> of(file, config, target));
  }

  private static DraftShape of(TensorFile file, DgfConfig config, Model target) {
    return of(
        file, config, TargetWeights.headTensor(target), TargetWeights.embeddingTensor(target));
  }

  /** Of a draft's tensors, and the target's head and embedding. */
  static DraftShape of(TensorFile file, DgfConfig config, Tensor head, Tensor embedding) {
    long layers = 0;
    long fusion = 0;
    for (Tensor tensor : file.tensors()) {
      if (tensor.name().startsWith("layers.")) {
        layers += tensor.data().byteSize();
      } else if (tensor.name().startsWith("W_") || tensor.name().equals("input_layernorm.weight")) {
        fusion += tensor.data().byteSize();
      }
    }
    return new DraftShape(
        DgfDraftModel.name(config),
        config.shape().layers(),
        config.shape().hidden(),
        config.shape().headDim(),
        config.shape().queryWidth(),
        config.shape().kvWidth(),
        config.shape().feedForward(),
        config.draftVocabulary(),
        layers,
        fusion,
        head.rowBytes() * config.draftVocabulary(),
        embedding.data().byteSize());
  }
}
