package dev.dovetail.models.tokenizer;

import static dev.dovetail.models.tokenizer.CharClass.LETTER;
import static dev.dovetail.models.tokenizer.CharClass.NUMBER;
import static dev.dovetail.models.tokenizer.CharClass.OTHER;
import static dev.dovetail.models.tokenizer.CharClass.PUNCTUATION;
import static dev.dovetail.models.tokenizer.CharClass.SPACE;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * How a text is cut into words before byte-pair merging, which never crosses a cut. Each is the
 * regular expressions that llama.cpp has for the model family, written out by hand; all text
 * belongs to some word.
 */
enum PreTokenizer {
  /** {@code 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+}. */
  GPT2 {
    @Override
    int wordEnd(char[] text, int start, int limit) {
      int contraction = contraction(text, start, limit, false);
      if (contraction > start) {
        return contraction;
      }
      int body = afterSpace(text, start, limit);
      return switch (CharClass.at(text, body, limit)) {
        case LETTER -> CharClass.skip(text, body, limit, LETTER);
        case NUMBER -> CharClass.skip(text, body, limit, NUMBER);
        case OTHER, PUNCTUATION -> CharClass.skip(text, body, limit, OTHER | PUNCTUATION);
        default -> spaces(text, start, limit, 0);
      };
    }
  },

  /**
   * Every number character first becomes a word of its own; what lies between is cut as by {@link
   * #GPT2}.
   */
  SMOLLM {
    @Override
    int wordEnd(char[] text, int start, int limit) {
      int contraction = contraction(text, start, limit, false);
      if (contraction > start) {
        return contraction;
      }
      if (CharClass.at(text, start, limit) == NUMBER) {
        return next(text, start);
      }
      int body = afterSpace(text, start, limit);
      return switch (CharClass.at(text, body, limit)) {
        case LETTER -> CharClass.skip(text, body, limit, LETTER);
        case OTHER, PUNCTUATION -> CharClass.skip(text, body, limit, OTHER | PUNCTUATION);
        default -> spaces(text, start, limit, NUMBER);
      };
    }
  },

  /**
   * {@code (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|
   * ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+}.
   */
  QWEN2 {
    @Override
    int wordEnd(char[] text, int start, int limit) {
      return modern(text, start, limit, 1);
    }
  },

  /** As {@link #QWEN2}, with {@code \p{N}{1,3}} for numbers. */
  LLAMA3 {
    @Override
    int wordEnd(char[] text, int start, int limit) {
      return modern(text, start, limit, 3);
    }
  },

  /**
   * For files that name no pre-tokenizer: runs of punctuation and of {@code $+<=>^~|} stand alone,
   * what lies between is cut as by {@link #GPT2}, numbers are cut off the space before them, ASCII
   * digits go by threes.
   */
  DEFAULT {
    @Override
    int wordEnd(char[] text, int start, int limit) {
      if (isMark(text, start, limit)) {
        int end = start + 1;
        for (int at = start; isMark(text, at, limit); at = end) {
          end = next(text, at);
        }
        return end;
      }
      if (CharClass.at(text, start, limit) == NUMBER) {
        return digits(text, start, limit);
      }
      int body = afterSpace(text, start, limit);
      switch (CharClass.at(text, body, limit)) {
        case LETTER:
          return CharClass.skip(text, body, limit, LETTER);
        case NUMBER:
          return body;
        case OTHER:
          if (!isMark(text, body, limit)) {
            return skipOther(text, body, limit);
          }
          return body;
        case PUNCTUATION:
          return body;
        default:
          int end = CharClass.skip(text, start, limit, SPACE);
          return isMark(text, end, limit) ? end : spaces(text, start, limit, 0);
      }
    }

    private boolean isMark(char[] text, int at, int limit) {
      return CharClass.at(text, at, limit) == PUNCTUATION
          || at < limit && "$+<=>^~|".indexOf(text[at]) >= 0;
    }

    private int skipOther(char[] text, int from, int limit) {
      int at = from;
      while (CharClass.at(text, at, limit) == OTHER && !isMark(text, at, limit)) {
        at = next(text, at);
      }
      return at;
    }

    // Three ASCII digits, or what stands before the next three in a run of number characters.
    private int digits(char[] text, int start, int limit) {
      if (threeDigits(text, start, limit)) {
        return start + 3;
      }
      int at = start;
      while (CharClass.at(text, at, limit) == NUMBER && !threeDigits(text, at, limit)) {
        at = next(text, at);
      }
      return at;
    }

    private boolean threeDigits(char[] text, int at, int limit) {
      return at + 3 <= limit && isDigit(text[at]) && isDigit(text[at + 1]) && isDigit(text[at + 2]);
    }

    private boolean isDigit(char c) {
      return c >= '0' && c <= '9';
    }
  };

  /** Names in files; several models' are one. */
  private static final Map<String, PreTokenizer> NAMES =
      Map.ofEntries(
          Map.entry("gpt-2", GPT2),
          Map.entry("phi-2", GPT2),
          Map.entry("olmo", GPT2),
          Map.entry("mpt", GPT2),
          Map.entry("exaone4", GPT2),
          Map.entry("smollm", SMOLLM),
          Map.entry("starcoder", SMOLLM),
          Map.entry("refact", SMOLLM),
          Map.entry("command-r", SMOLLM),
          Map.entry("codeshell", SMOLLM),
          Map.entry("exaone", SMOLLM),
          Map.entry("minerva-7b", SMOLLM),
          Map.entry("qwen2", QWEN2),
          Map.entry("deepseek-r1-qwen", QWEN2),
          Map.entry("stablelm2", QWEN2),
          Map.entry("megrez", QWEN2),
          Map.entry("hunyuan", QWEN2),
          Map.entry("llama3", LLAMA3),
          Map.entry("llama-v3", LLAMA3),
          Map.entry("llama-bpe", LLAMA3),
          Map.entry("falcon3", LLAMA3),
          Map.entry("pixtral", LLAMA3),
          Map.entry("dbrx", LLAMA3),
          Map.entry("smaug-bpe", LLAMA3),
          Map.entry("chatglm-bpe", LLAMA3),
          Map.entry("glm4", LLAMA3),
          Map.entry("default", DEFAULT),
          Map.entry("", DEFAULT));

  /**
   * Names of models whose words need no merging if they are tokens, and whose texts start with a
   * token for that.
   */
  private static final Set<String> LLAMA3_FAMILY =
      Set.of("llama3", "llama-v3", "llama-bpe", "falcon3", "pixtral");

  /** Whether a file with this pre-tokenizer is of Llama 3's family. */
  static boolean isLlama3(String name) {
    return LLAMA3_FAMILY.contains(name);
  }

  /** All names, in order. */
  static Set<String> names() {
    return new TreeSet<>(NAMES.keySet());
  }

  /** The pre-tokenizer that a file names; the empty name is that of a file that names none. */
  static Optional<PreTokenizer> named(String name) {
    return Optional.ofNullable(NAMES.get(name));
  }

  /**
   * The end of the word that starts at {@code start}.
   *
   * @param text well-formed UTF-16
   * @param start a character boundary before {@code limit}
   * @return above {@code start}, at most {@code limit}
   */
  abstract int wordEnd(char[] text, int start, int limit);

  private static int modern(char[] text, int start, int limit, int digits) {
    int contraction = contraction(text, start, limit, true);
    if (contraction > start) {
      return contraction;
    }
    char first = text[start];
    int second = next(text, start);
    int firstClass = CharClass.at(text, start, limit);
    if (firstClass == LETTER) {
      return CharClass.skip(text, second, limit, LETTER);
    }
    if (firstClass == NUMBER) {
      int end = second;
      for (int n = 1; n < digits && CharClass.at(text, end, limit) == NUMBER; n++) {
        end = next(text, end);
      }
      return end;
    }
    if (!isNewline(first) && CharClass.at(text, second, limit) == LETTER) {
      return CharClass.skip(text, second, limit, LETTER);
    }
    int body = first == ' ' ? second : start;
    int end = CharClass.skip(text, body, limit, OTHER | PUNCTUATION);
    if (end > body) {
      while (end < limit && isNewline(text[end])) {
        end++;
      }
      return end;
    }
    int spaces = CharClass.skip(text, start, limit, SPACE);
    for (int at = spaces; at > start; at--) {
      if (isNewline(text[at - 1])) {
        return at;
      }
    }
    return spaces(text, start, limit, 0);
  }

  /** {@code \s+(?!\S)|\s+}, the end of the text being anything in {@code boundary} too. */
  private static int spaces(char[] text, int start, int limit, int boundary) {
    int end = CharClass.skip(text, start, limit, SPACE);
    // All white space is in the basic plane, so that one char is one character.
    boolean free = end == limit || (CharClass.at(text, end, limit) & boundary) != 0;
    return free || end - start == 1 ? end : end - 1;
  }

  /**
   * The end of {@code 's|'t|'re|'ve|'m|'ll|'d} at {@code start}, {@code start} if there is none.
   */
  private static int contraction(char[] text, int start, int limit, boolean ignoreCase) {
    if (text[start] != '\'' || start + 1 >= limit) {
      return start;
    }
    char first = lower(text[start + 1], ignoreCase);
    if (first == 's' || first == 't' || first == 'm' || first == 'd') {
      return start + 2;
    }
    char second = start + 2 < limit ? lower(text[start + 2], ignoreCase) : 0;
    boolean found =
        first == 'r' && second == 'e'
            || first == 'v' && second == 'e'
            || first == 'l' && second == 'l';
    return found ? start + 3 : start;
  }

  private static char lower(char c, boolean ignoreCase) {
    return ignoreCase && c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
  }

  private static int afterSpace(char[] text, int start, int limit) {
    return text[start] == ' ' && start + 1 < limit ? start + 1 : start;
  }

  private static int next(char[] text, int at) {
    return Character.isHighSurrogate(text[at]) ? at + 2 : at + 1;
  }

  private static boolean isNewline(char c) {
    return c == '\n' || c == '\r';
  }
}
