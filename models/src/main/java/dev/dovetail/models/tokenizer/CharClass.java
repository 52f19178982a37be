package dev.dovetail.models.tokenizer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * What pre-tokenizers distinguish in a character. The classes are those of Unicode 15.1, from a
 * table of our own: a JDK's tables change with its version, and the ids of a text must not.
 */
final class CharClass {
  /** {@code \p{L}}. */
  static final int LETTER = 1;

  /** {@code \p{N}}. */
  static final int NUMBER = 2;

  /** {@code \s}: White_Space. */
  static final int SPACE = 4;

  /** {@code \p{P}}. */
  static final int PUNCTUATION = 8;

  /** Anything else: symbols, marks, controls, unassigned. */
  static final int OTHER = 16;

  private static final byte[] ASCII = new byte[128];

  static {
    Arrays.fill(ASCII, (byte) OTHER);
    fill("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", LETTER);
    fill("0123456789", NUMBER);
    fill("\t\n\u000b\f\r ", SPACE);
    fill("!\"#%&'()*,-./:;?@[\\]_{}", PUNCTUATION);
  }

  private CharClass() {}

  private static void fill(String chars, int charClass) {
    chars.chars().forEach(c -> ASCII[c] = (byte) charClass);
  }

  /** The class of a code point, one of the bits above. */
  static int of(int codePoint) {
    return codePoint < 128 ? ASCII[codePoint] : Ranges.classOf(codePoint);
  }

  /**
   * The class of the character at {@code at}, 0 at the limit.
   *
   * @param text well-formed UTF-16
   */
  static int at(char[] text, int at, int limit) {
    return at < limit ? of(Character.codePointAt(text, at, limit)) : 0;
  }

  /**
   * The first position from {@code at} on whose class is not in {@code classes}, the limit if there
   * is none.
   */
  static int skip(char[] text, int at, int limit, int classes) {
    int position = at;
    while (position < limit) {
      char c = text[position];
      if (c < 128) {
        if ((ASCII[c] & classes) == 0) {
          return position;
        }
        position++;
      } else {
        int codePoint = Character.codePointAt(text, position, limit);
        if ((Ranges.classOf(codePoint) & classes) == 0) {
          return position;
        }
        position += Character.charCount(codePoint);
      }
    }
    return limit;
  }

  /** The table beyond ASCII, read when first needed: English text does without. */
  private static final class Ranges {
    private static final String RESOURCE = "unicode-15.1-classes.txt";

    /** First code points of ranges, ascending; the gaps are ranges too. */
    private static final int[] STARTS;

    private static final byte[] CLASSES;

    static {
      List<String> lines = lines();
      int[] starts = new int[2 * lines.size() + 1];
      byte[] classes = new byte[starts.length];
      classes[0] = OTHER;
      int count = 1;
      for (String line : lines) {
        int first = line.indexOf(' ');
        int second = line.indexOf(' ', first + 1);
        int start = Integer.parseInt(line, 0, first, 16);
        if (starts[count - 1] == start) {
          count--;
        }
        starts[count] = start;
        classes[count++] = parse(line.charAt(second + 1));
        starts[count] = Integer.parseInt(line, first + 1, second, 16) + 1;
        classes[count++] = OTHER;
      }
      STARTS = Arrays.copyOf(starts, count);
      CLASSES = Arrays.copyOf(classes, count);
    }

    static int classOf(int codePoint) {
      int found = Arrays.binarySearch(STARTS, codePoint);
      return CLASSES[found >= 0 ? found : -found - 2];
    }

    private static byte parse(char name) {
      return switch (name) {
        case 'L' -> LETTER;
        case 'N' -> NUMBER;
        case 'P' -> PUNCTUATION;
        case 'S' -> SPACE;
        default -> throw new IllegalStateException(RESOURCE + " has the class '" + name + "'");
      };
    }

    private static List<String> lines() {
      try (InputStream in = CharClass.class.getResourceAsStream(RESOURCE);
          BufferedReader reader =
              new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))) {
        return reader.lines().filter(line -> !line.startsWith("#")).toList();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
