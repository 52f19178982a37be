package dev.dovetail.models.tokenizer;

/** One of the ways in which plain text becomes tokens and tokens become bytes. Immutable. */
sealed interface Encoding permits BytePairEncoding, SentencePieceEncoding {
  /**
   * Encodes the text between two special tokens, or between one and an end.
   *
   * @param text well-formed UTF-16
   */
  void encode(char[] text, int start, int end, IdBuffer ids);

  /** The bytes of a normal token. */
  byte[] bytes(int id);

  /** Whether encoding puts a space before a text, which decoding takes away. */
  boolean addsSpacePrefix();
}
