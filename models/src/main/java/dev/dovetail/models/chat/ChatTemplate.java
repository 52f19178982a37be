package dev.dovetail.models.chat;

import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.gguf.GgufFile;
import dev.dovetail.models.gguf.Metadata;
import dev.dovetail.models.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A model's Jinja chat template, rendered as Hugging Face's {@code apply_chat_template} does.
 * Immutable, safe for use by several threads.
 */
public final class ChatTemplate {
  /** The longest template accepted, in UTF-16 units; those of real models have a few thousand. */
  private static final int MAX_TEMPLATE = 256 * 1024;

  /** The name by which the engine would hand itself to a template. */
  private static final String ENGINE_NAME = "____int3rpr3t3r____";

  private final String source;
  private final String beginOfText;
  private final String endOfText;

  private ChatTemplate(String source, String beginOfText, String endOfText) {
    this.source = source;
    this.beginOfText = beginOfText;
    this.endOfText = endOfText;
  }

  /**
   * The template in a file's metadata ({@code tokenizer.chat_template}), if there is one.
   *
   * @throws ModelFormatException if the metadata hold something that cannot be a template
   */
  public static Optional<ChatTemplate> of(GgufFile file) {
    Metadata metadata = file.metadata();
    Optional<String> text = metadata.findString("tokenizer.chat_template");
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          of(
              text.get(),
              spelling(metadata, "tokenizer.ggml.bos_token_id"),
              spelling(metadata, "tokenizer.ggml.eos_token_id")));
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(file.path(), e.getMessage());
    }
  }

  /**
   * A template from its text.
   *
   * @param template Jinja source
   * @param beginOfText the spelling that {@code bos_token} stands for, or the empty string
   * @param endOfText the spelling that {@code eos_token} stands for, or the empty string
   * @throws IllegalArgumentException if the template is too large or names what no template may
   */
  public static ChatTemplate of(String template, String beginOfText, String endOfText) {
    if (template.length() > MAX_TEMPLATE) {
      throw new IllegalArgumentException(
          "the chat template has "
              + template.length()
              + " characters, at most "
              + MAX_TEMPLATE
              + " are read");
    }
    if (template.contains(ENGINE_NAME)) {
      throw new IllegalArgumentException(
          "the chat template reaches for the template engine: " + ENGINE_NAME);
    }
    return new ChatTemplate(
        normalized(template),
        Objects.requireNonNull(beginOfText),
        Objects.requireNonNull(endOfText));
  }

  /**
   * What Jinja does to a source before reading it; and the one slice with a step that templates
   * use.
   */
  private static String normalized(String template) {
    String text = template.replace("\r\n", "\n").replace('\r', '\n');
    if (text.endsWith("\n")) {
      text = text.substring(0, text.length() - 1);
    }
    return text.replace("[::-1]", ".__reversed__()");
  }

  private static String spelling(Metadata metadata, String key) {
    List<String> tokens = metadata.findStrings("tokenizer.ggml.tokens").orElse(List.of());
    return metadata.get(key) instanceof Long id && id >= 0 && id < tokens.size()
        ? tokens.get(id.intValue())
        : "";
  }

  /**
   * Loads what the first rendering needs, which takes some tenths of a second: call it on a spare
   * thread while something else is being loaded. Calling it is never needed.
   */
  public static void warmUp() {
    TemplateEngine.get();
  }

  /**
   * The conversation as the model was trained to read it.
   *
   * @param addGenerationPrompt whether the text ends with what precedes an answer of the assistant
   * @throws IllegalArgumentException if the template is faulty, refuses this conversation (many
   *     want user and assistant in turn), or passes its limits of text, steps and time
   */
  public String render(List<ChatMessage> messages, boolean addGenerationPrompt) {
    List<Map<String, Object>> list = new ArrayList<>(messages.size());
    long contentLength = 0;
    for (ChatMessage message : messages) {
      list.add(Map.of("role", message.role(), "content", message.content()));
      contentLength += message.content().length();
    }
    Map<String, Object> variables = new HashMap<>();
    variables.put("messages", list);
    variables.put("add_generation_prompt", addGenerationPrompt);
    variables.put("bos_token", beginOfText);
    variables.put("eos_token", endOfText);
    // The engine is loaded before the clock starts.
    TemplateEngine engine = TemplateEngine.get();
    return engine.render(
        source,
        variables,
        new RenderBudget(messages.size(), contentLength, RenderBudget.TIME_LIMIT));
  }

  /**
   * The conversation as token ids: the template's own special tokens are parsed, spellings of
   * special tokens inside a message's content stay text. Without such spellings the ids are those
   * of {@code tokenizer.encode(render(...), true)}.
   *
   * @throws IllegalArgumentException as {@link #render}
   */
  public int[] encode(
      List<ChatMessage> messages, boolean addGenerationPrompt, Tokenizer tokenizer) {
    return new MessageEncoder(tokenizer).encode(this, messages, addGenerationPrompt);
  }
}
