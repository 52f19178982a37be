package dev.dovetail.cli;

import dev.dovetail.engine.Chat;
import dev.dovetail.engine.FinishReason;

/** What a conversation shows: answers on standard output, everything else on standard error. */
final class ChatView {
  private final Console console;
  private final String draft;
  private final boolean showDraft;
  private final boolean stats;
  private boolean legendShown;

  ChatView(Console console, String draft, boolean showDraft, boolean stats) {
    this.console = console;
    this.draft = draft;
    this.showDraft = showDraft;
    this.stats = stats;
  }

  Console console() {
    return console;
  }

  /** A line that is no part of the conversation. */
  void say(String line) {
    console.err().line(line);
  }

  /** A line that says what went wrong. */
  void complain(String message) {
    say("dovetail: " + Failures.oneLine(message));
  }

  /** Something that shows one answer as it comes. */
  TokenPrinter newAnswer() {
    TokenPrinter printer = new TokenPrinter(console, showDraft);
    if (!legendShown) {
      printer.legend(draft);
      legendShown = true;
    }
    return printer;
  }

  /** What is to be said about a whole answer. */
  void answered(Chat.Reply reply) {
    if (reply.droppedTurns() > 0) {
      complain(
          "the context was full: dropped the oldest %s; the system prompt stays"
              .formatted(reply.droppedTurns() == 1 ? "turn" : reply.droppedTurns() + " turns"));
    }
    if (reply.completion().finishReason() == FinishReason.LENGTH) {
      complain("the answer was cut at the token limit");
    }
    if (stats) {
      say(StatsReport.line(reply.completion()));
    }
  }
}
