package dev.dovetail.models.load;

import dev.dovetail.models.ModelConfig;
import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.TensorFile;
import dev.dovetail.models.chat.ChatTemplate;
import dev.dovetail.models.gguf.GgufFile;
import dev.dovetail.models.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A target model as its file describes it: configuration, tokenizer, chat template and tensors, all checked. Immutable
 * and safe for use by several threads; closing it ends the life of the tensors' data.
 */
public final class Model implements AutoCloseable {
  private final GgufFile file;
  private final ModelConfig config;
  private final Tokenizer tokenizer;
  private final Optional<ChatTemplate> chatTemplate;

  private Model(
      GgufFile file, ModelConfig config, Tokenizer tokenizer, Optional<ChatTemplate> chatTemplate) {
    this.file = file;
    this.config = config;
    this.tokenizer = tokenizer;
    this.chatTemplate = chatTemplate;
  }

  /**
   * Opens a GGUF file (or the first of split ones) by memory mapping; reads no tensor.
   *
   * @throws ModelFormatException if the file is not a model this engine runs
   * @throws java.io.UncheckedIOException if it cannot be read
   */
  public static Model open(Path path) {
    GgufFile file = GgufFile.open(path);
    try {
      return new Model(
          file, file.modelConfig(), Tokenizer.of(file), ChatTemplate.of(file));
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  public ModelConfig config() {
    return config;
  }

  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /** The file's chat template, if it has one. */
  public Optional<ChatTemplate> chatTemplate() {
    return chatTemplate;
  }

  public TensorFile tensors() {
    return file;
  }

  @Override
  public void close() {
    file.close();
  }
}
