package dev.dovetail.engine;

import dev.dovetail.models.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The tokens of one text so far, what they spell, and why the text ends. For one thread. */
final class GrowingText {
  private final int maxTokens;
  private final int context;
  private final Set<Integer> ends;
  private final TextStream text;
  private final List<Integer> ids = new ArrayList<>();
  private FinishReason reason;

  /**
   * @param maxTokens after which it ends
   * @param context positions of the sequence, after whose last one it ends
   * @param stops strings that end it
   */
  GrowingText(Tokenizer tokenizer, int maxTokens, int context, List<String> stops) {
    this.maxTokens = maxTokens;
    this.context = context;
    ends = tokenizer.endOfText();
    text = new TextStream(tokenizer.newStreamDecoder(), stops);
  }

  /**
   * Adds the token at a position of the sequence, decides whether the text ends with it, and
   * returns the text that is now certain.
   */
  String add(int id, int position) {
    ids.add(id);
    boolean end = ends.contains(id);
    String piece = end ? "" : text.next(id);
    if (text.stopped()) {
      reason = FinishReason.STOP_SEQUENCE;
    } else if (end) {
      reason = FinishReason.STOP;
    } else if (ids.size() == maxTokens || position + 1 == context) {
      reason = FinishReason.LENGTH;
    }
    return reason == null ? piece : piece + text.finish();
  }

  /** Ends it here, and returns what was held back for a stop string that now cannot come. */
  String end(FinishReason why) {
    reason = why;
    return text.finish();
  }

  /** Whether a token ends every text. */
  boolean isEnd(int id) {
    return ends.contains(id);
  }

  boolean ended() {
    return reason != null;
  }

  /** Why it has ended; null before. */
  FinishReason reason() {
    return reason;
  }

  /** Every token so far. */
  List<Integer> ids() {
    return ids;
  }

  /** All text that was certain so far. */
  String text() {
    return text.text();
  }
}
