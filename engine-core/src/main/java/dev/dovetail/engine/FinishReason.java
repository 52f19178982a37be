package dev.dovetail.engine;

import java.util.Locale;

/** Why a text ended. */
public enum FinishReason {
  /** The model chose an end-of-text token. */
  STOP,
  /** As many tokens as were asked for, or as the context holds. */
  LENGTH,
  /** One of the stop strings appeared; the text ends before it. */
  STOP_SEQUENCE,
  /** The caller cancelled; the text so far is complete in itself. */
  CANCELLED;

  /** As {@code --json} spells it, such as {@code stop_sequence}. */
  public String jsonName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
