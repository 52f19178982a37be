package dev.dovetail.cli.humaneval;

import dev.dovetail.engine.Engine;
import dev.dovetail.models.chat.ChatMessage;
import dev.dovetail.models.chat.ChatTemplate;
import java.util.List;
import java.util.Locale;

/** How a problem is put to a model. */
public enum PromptStyle {
  /** The problem's prompt as it stands, to be continued. */
  RAW(128),
  /** A user's message that asks for the function, through the model's chat template. */
  CHAT(512);

  private final int maxTokens;

  PromptStyle(int maxTokens) {
    this.maxTokens = maxTokens;
  }

  /** Most tokens of an answer, unless chosen. */
  public int maxTokens() {
    return maxTokens;
  }

  /** As options and reports spell it. */
  public String jsonName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * A problem as tokens.
   *
   * @throws IllegalArgumentException if a chat template is wanted and the model has none
   */
  public int[] ids(Engine engine, Problem problem) {
    if (this == RAW) {
      return engine.rawPrompt(problem.prompt());
    }
    ChatTemplate template =
        engine
            .chatTemplate()
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "the model's file has no chat template: use --prompt raw"));
    String message =
        """
        Complete this Python function. Answer with the whole function in one Python code block.

        ```python
        %s
        ```\
        """
            .formatted(problem.prompt().stripTrailing());
    return template.encode(List.of(ChatMessage.user(message)), true, engine.tokenizer());
  }
}
