package dev.dovetail.dgf;

import dev.dovetail.engine.plan.DraftShape;
import dev.dovetail.engine.round.DraftModel;
import dev.dovetail.engine.round.DraftTarget;
import dev.dovetail.engine.round.Drafter;
import dev.dovetail.models.ModelConfig;
import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.TensorFile;
import dev.dovetail.models.load.TensorFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/** A DGF draft loaded for one target. */
final class DgfDraftModel implements DraftModel {
  /** The metadata key under which a draft in one file has its configuration, as JSON. */
  static final String CONFIG_KEY = "dovetail.config";

  private static final String CONFIG_FILE = "config.json";
  private static final List<String> TENSOR_FILES =
      List.of("model.safetensors", "pytorch_model.bin");

  private final DraftShape shape;
  private final DgfWeights weights;

  private DgfDraftModel(DraftShape shape, DgfWeights weights) {
    this.shape = shape;
    this.weights = weights;
  }

  /** Whether a path is a folder that looks like a DGF checkpoint. */
  static boolean recognises(Path path) {
    return Files.isRegularFile(path.resolve(CONFIG_FILE));
  }

  /**
   * Loads a folder with {@code config.json} beside {@code model.safetensors} or {@code
   * pytorch_model.bin}.
   */
  static DgfDraftModel openFolder(Path folder, DraftTarget target) {
    return readFolder(folder, target.config(), (file, config) -> load(file, config, target));
  }

  /** Checks a folder's configuration and opens its tensors for as long as the reader takes. */
  static <T> T readFolder(
      Path folder, ModelConfig target, BiFunction<TensorFile, DgfConfig, T> reader) {
    Path configFile = folder.resolve(CONFIG_FILE);
    DgfConfig config;
    try {
      config = DgfConfig.parse(Files.readString(configFile), configFile);
    } catch (CharacterCodingException e) {
      throw new ModelFormatException(configFile, "is not UTF-8 text");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    config.checkMatches(target, configFile);
    try (TensorFile file = TensorFiles.open(tensorFile(folder))) {
      return reader.apply(file, config);
    }
  }

  /** The file of a folder's tensors. */
  static Path tensorFile(Path folder) {
    return TENSOR_FILES.stream()
        .map(folder::resolve)
        .filter(Files::isRegularFile)
        .findFirst()
        .orElseThrow(() ->
            new ModelFormatException(folder, "has neither of " + String.join(", ", TENSOR_FILES)));
  }

  /** Loads a draft from its tensors; the file may be closed afterwards. */
  static DgfDraftModel load(TensorFile file, DgfConfig config, DraftTarget target) {
    DraftShape shape = DraftShapes.of(file, config, target.head(), target.embedding());
    return new DgfDraftModel(shape, new DgfCheckpoint(file, config).load(target));
  }

  static String name(DgfConfig config) {
    return "dgf %s (%d layers, %d tokens)"
        .formatted(config.target(), config.shape().layers(), config.draftVocabulary());
  }

  @Override
  public String name() {
    return shape.name();
  }

  @Override
  public Optional<DraftShape> shape() {
    return Optional.of(shape);
  }

  @Override
  public Drafter newDrafter(int capacity) {
    return new DgfDrafter(name(), weights, capacity);
  }

  @Override
  public void close() {
    weights.close();
  }
}
