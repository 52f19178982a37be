package dev.dovetail.cli;

import dev.dovetail.engine.Token;
import java.util.function.Consumer;

/**
 * Streams an answer to standard output. On request it marks what the draft had guessed: by colour
 * on a terminal, by underlining where colours are not wanted, and not at all where a program reads
 * the text. For one answer.
 */
final class TokenPrinter implements Consumer<Token> {
  private static final String RESET = "\u001b[0m";
  private static final String GREEN = "\u001b[32m";
  private static final String UNDERLINED = "\u001b[4m";

  private final Console console;
  private final String mark;
  private final boolean asked;
  private boolean lineEnded = true;

  /**
   * @param showDraft whether guessed tokens are to be marked
   */
  TokenPrinter(Console console, boolean showDraft) {
    this.console = console;
    asked = showDraft;
    mark = !showDraft || !console.styled() ? "" : console.coloured() ? GREEN : UNDERLINED;
  }

  /** Says on standard error what the marks mean, or why there are none. */
  void legend(String draft) {
    if (!asked) {
      return;
    }
    String how = mark.equals(GREEN) ? "green" : "underlined";
    String message =
        mark.isEmpty()
            ? "--show-draft marks nothing here: standard output is no terminal that shows styles"
            : draft.equals("none")
                ? "--show-draft marks nothing here: nothing guesses"
                : mark
                    + how
                    + RESET
                    + ": guessed ("
                    + draft
                    + "), confirmed by the target; the rest: chosen by the target";
    console.err().line(message);
  }

  @Override
  public void accept(Token token) {
    String text = token.text();
    if (text.isEmpty()) {
      return;
    }
    boolean marked = !mark.isEmpty() && token.drafted();
    console.out().print(marked ? mark + text + RESET : text);
    lineEnded = text.endsWith("\n");
  }

  /** Ends the last line. */
  void end() {
    if (!lineEnded) {
      console.out().print("\n");
      lineEnded = true;
    }
  }
}
