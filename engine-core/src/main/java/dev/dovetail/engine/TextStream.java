package dev.dovetail.engine;

import dev.dovetail.models.tokenizer.StreamDecoder;
import java.util.List;
import java.util.OptionalInt;

/**
 * Text as tokens give it, ended by stop strings wherever token boundaries fall. What may be the beginning of a stop
 * string is held back until it is clear that it is not. For one thread.
 */
final class TextStream {
  private final StreamDecoder decoder;
  private final List<String> stops;
  private final StringBuilder held = new StringBuilder();
  private final StringBuilder text = new StringBuilder();
  private boolean stopped;

  TextStream(StreamDecoder decoder, List<String> stops) {
    this.decoder = decoder;
    this.stops = stops;
  }

  /** Adds a token and returns the text that is now certain. */
  String next(int id) {
    return release(decoder.next(id), false);
  }

  /** The rest, once no token follows. */
  String finish() {
    return stopped ? "" : release(decoder.flush(), true);
  }

  /** Whether a stop string has appeared; nothing may be added then. */
  boolean stopped() {
    return stopped;
  }

  /** All text that was certain so far. */
  String text() {
    return text.toString();
  }

  private String release(String piece, boolean all) {
    held.append(piece);
    OptionalInt stop = firstStop();
    int end = held.length();
    if (stop.isPresent()) {
      stopped = true;
      end = stop.getAsInt();
    } else if (!all) {
      end -= longestStopPrefixAtEnd();
    }
    String certain = held.substring(0, end);
    held.delete(0, end);
    text.append(certain);
    return certain;
  }

  /** Where the stop string begins that is whole first, as if the text had come letter by letter. */
  private OptionalInt firstStop() {
    int start = -1;
    int end = Integer.MAX_VALUE;
    for (String stop : stops) {
      int at = held.indexOf(stop);
      int after = at + stop.length();
      if (at >= 0 && (after < end || after == end && at < start)) {
        start = at;
        end = after;
      }
    }
    return start < 0 ? OptionalInt.empty() : OptionalInt.of(start);
  }

  private int longestStopPrefixAtEnd() {
    int longest = 0;
    for (String stop : stops) {
      for (int n = Math.min(stop.length() - 1, held.length()); n > longest; n--) {
        if (held.indexOf(stop.substring(0, n), held.length() - n) >= 0) {
          longest = n;
        }
      }
    }
    return longest;
  }
}
