package dev.dovetail.models.chat;

import dev.dovetail.models.gguf.GgufFile;
import dev.dovetail.models.tokenizer.Tokenizer;
import java.util.List;
import java.util.Optional;

/** A model's Jinja chat template. Immutable, safe for use by several threads. */
public final class ChatTemplate {

  /** The template in a file's metadata, if there is one. */
  public static Optional<ChatTemplate> of(GgufFile file) {
    throw new UnsupportedOperationException("being written");
  }

  /** The conversation as the model was trained to read it. */
  public String render(List<ChatMessage> messages, boolean addGenerationPrompt) {
    throw new UnsupportedOperationException("being written");
  }

  /**
   * The conversation as token ids: the template's own special tokens are parsed, spellings of special tokens inside a
   * message's content stay text.
   */
  public int[] encode(List<ChatMessage> messages, boolean addGenerationPrompt, Tokenizer tokenizer) {
    throw new UnsupportedOperationException("being written");
  }
}
