package dev.dovetail.engine;

/**
 * One token as it is emitted.
 *
 * @param id in the target's vocabulary, or {@link #NONE} for text that was held back when a
 *     generation is cancelled
 * @param text what can be shown now that it is here: may be empty while a character is unfinished
 *     or a stop string may be beginning, and then comes with a later token
 * @param drafted whether it had been guessed, by the draft or a lookup
 */
public record Token(int id, String text, boolean drafted) {
  /** The id of text that comes with no token. */
  public static final int NONE = -1;
}
