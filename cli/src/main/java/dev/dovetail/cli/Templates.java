package dev.dovetail.cli;

import dev.dovetail.models.chat.ChatTemplate;

/** Chat templates, made ready while the model loads. */
final class Templates {
  private Templates() {}

  /**
   * Starts to load what renders them; nothing waits for it, and a failure shows again where one is
   * rendered.
   */
  static void warmUp() {
    Thread.ofPlatform().daemon().name("template").start(ChatTemplate::warmUp);
  }
}
