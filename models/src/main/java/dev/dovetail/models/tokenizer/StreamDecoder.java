package dev.dovetail.models.tokenizer;

/** Turns a stream of ids into text that never splits a character. For one thread. */
public final class StreamDecoder {
  StreamDecoder(Tokenizer tokenizer) {
    throw new UnsupportedOperationException("being written");
  }

  /** The text that is complete once this token has come; empty while a character is unfinished. */
  public String next(int id) {
    throw new UnsupportedOperationException("being written");
  }

  /** What is left: U+FFFD for an unfinished character, otherwise empty. */
  public String flush() {
    throw new UnsupportedOperationException("being written");
  }
}
