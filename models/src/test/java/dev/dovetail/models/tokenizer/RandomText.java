package dev.dovetail.models.tokenizer;

import java.util.Random;

/** Texts for tests, of code points of all kinds or of a few that make long merges likely. */
final class RandomText {
  private static final String FEW = "selfrtun.(): \n1'\u00e9\u4e2d";

  private RandomText() {}

  /** A well-formed text of up to {@code longest} code points. */
  static String of(Random random, int longest) {
    int length = random.nextInt(longest + 1);
    int kind = random.nextInt(4);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.appendCodePoint(
          switch (kind) {
            case 0 -> FEW.charAt(random.nextInt(FEW.length()));
            case 1 -> random.nextInt(128);
            case 2 -> random.nextInt(0x3000);
            default -> {
              int codePoint = random.nextInt(0x110000 - 0x800);
              yield codePoint < 0xD800 ? codePoint : codePoint + 0x800;
            }
          });
    }
    return text.toString();
  }
}
