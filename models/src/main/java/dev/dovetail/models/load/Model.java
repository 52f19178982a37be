package dev.dovetail.models.load;

import dev.dovetail.models.ModelConfig;
import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.TensorFile;
import dev.dovetail.models.chat.ChatTemplate;
import dev.dovetail.models.gguf.GgufFile;
import dev.dovetail.models.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * A target model as its file describes it: configuration, tokenizer, chat template and tensors, all
 * checked. Immutable and safe for use by several threads; closing it ends the life of the tensors'
 * data.
 */
public final class Model implements AutoCloseable {
  private final GgufFile file;
  private final ModelConfig config;
  private final FutureTask<Tokenizer> tokenizer;
  private final Optional<ChatTemplate> chatTemplate;

  private Model(
      GgufFile file,
      ModelConfig config,
      FutureTask<Tokenizer> tokenizer,
      Optional<ChatTemplate> chatTemplate) {
    this.file = file;
    this.config = config;
    this.tokenizer = tokenizer;
    this.chatTemplate = chatTemplate;
  }

  /**
   * Opens a GGUF file (or the first of split ones) by memory mapping; reads no tensor. The
   * tokenizer is built by a thread of its own meanwhile, since a large vocabulary takes some tenths
   * of a second.
   *
   * @throws ModelFormatException if the file is not a model this engine runs
   * @throws java.io.UncheckedIOException if it cannot be read
   */
  public static Model open(Path path) {
    GgufFile file = GgufFile.open(path);
    try {
      ModelConfig config = file.modelConfig();
      Optional<ChatTemplate> chatTemplate = ChatTemplate.of(file);
      FutureTask<Tokenizer> tokenizer = new FutureTask<>(() -> Tokenizer.of(file));
      Thread.ofPlatform().daemon().name("dovetail-tokenizer").start(tokenizer);
      return new Model(file, config, tokenizer, chatTemplate);
    } catch (RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  public ModelConfig config() {
    return config;
  }

  /**
   * The tokenizer; waits until it is built.
   *
   * @throws ModelFormatException if the metadata describe none that can be used
   */
  public Tokenizer tokenizer() {
    return built(tokenizer);
  }

  /** The file's chat template, if it has one. */
  public Optional<ChatTemplate> chatTemplate() {
    return chatTemplate;
  }

  public TensorFile tensors() {
    return file;
  }

  private static <T> T built(FutureTask<T> task) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          // What runs takes tenths of a second and has no use for a half-built tokenizer.
          interrupted = true;
        } catch (ExecutionException e) {
          switch (e.getCause()) {
            case RuntimeException cause -> throw cause;
            case Error cause -> throw cause;
            default -> throw new IllegalStateException(e.getCause());
          }
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    try {
      // It reads the file.
      built(tokenizer);
    } catch (ModelFormatException e) {
      // Said to whoever asked for the tokenizer; nobody asks now.
    } finally {
      file.close();
    }
  }
}
