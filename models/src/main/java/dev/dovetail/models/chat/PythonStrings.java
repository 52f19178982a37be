package dev.dovetail.models.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The methods of Python's {@code str} that chat templates call. */
final class PythonStrings {
  private PythonStrings() {}

  /**
   * The result of a method of a string.
   *
   * @throws IllegalArgumentException if there is no such method, or not with such arguments
   */
  static Object call(String text, String method, Object[] arguments) {
    return switch (method) {
      case "strip" -> strip(text, characters(method, arguments), true, true);
      case "lstrip" -> strip(text, characters(method, arguments), true, false);
      case "rstrip" -> strip(text, characters(method, arguments), false, true);
      case "startswith" -> anyOf(method, arguments, text::startsWith);
      case "endswith" -> anyOf(method, arguments, text::endsWith);
      case "upper" -> text.toUpperCase(Locale.ROOT);
      case "lower" -> text.toLowerCase(Locale.ROOT);
      case "title" -> title(text);
      case "capitalize" -> capitalize(text);
      case "split" -> split(text, arguments);
      case "splitlines" -> text.lines().toList();
      case "replace" -> replace(text, arguments);
      case "find" -> text.indexOf(string(method, arguments, 0));
      case "count" ->
          text.split(java.util.regex.Pattern.quote(string(method, arguments, 0)), -1).length - 1;
      case "join" -> join(text, arguments);
      case "isdigit" -> !text.isEmpty() && text.chars().allMatch(Character::isDigit);
      case "__reversed__" -> new StringBuilder(text).reverse().toString();
      default -> throw new IllegalArgumentException("a string has no method '" + method + "'");
    };
  }

  /** {@code text.strip()}, which is more than {@code trim()} and less than all below 33. */
  static String strip(String text) {
    return strip(text, null, true, true);
  }

  private static String strip(String text, String characters, boolean left, boolean right) {
    int start = 0;
    int end = text.length();
    while (left && start < end && strips(text.charAt(start), characters)) {
      start++;
    }
    while (right && start < end && strips(text.charAt(end - 1), characters)) {
      end--;
    }
    return text.substring(start, end);
  }

  private static boolean strips(char c, String characters) {
    return characters == null ? isSpace(c) : characters.indexOf(c) >= 0;
  }

  /** Python's {@code str.isspace}: Java's two notions each lack some. */
  private static boolean isSpace(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
  }

  private static String characters(String method, Object[] arguments) {
    return arguments.length == 0 || arguments[0] == null ? null : string(method, arguments, 0);
  }

  private interface Test {
    boolean of(String part);
  }

  private static boolean anyOf(String method, Object[] arguments, Test test) {
    if (arguments.length > 0 && arguments[0] instanceof List<?> several) {
      return several.stream().anyMatch(part -> part instanceof String s && test.of(s));
    }
    return test.of(string(method, arguments, 0));
  }

  private static List<Object> split(String text, Object[] arguments) {
    int limit = arguments.length > 1 ? number(arguments[1]) : -1;
    List<Object> parts = new ArrayList<>();
    if (arguments.length == 0 || arguments[0] == null) {
      for (String part : strip(text).split("\\s+", limit < 0 ? 0 : limit + 1)) {
        if (!part.isEmpty()) {
          parts.add(part);
        }
      }
      return parts;
    }
    String separator = string("split", arguments, 0);
    if (separator.isEmpty()) {
      throw new IllegalArgumentException("split: an empty separator");
    }
    int from = 0;
    for (int at; limit != 0 && (at = text.indexOf(separator, from)) >= 0; limit--) {
      parts.add(text.substring(from, at));
      RenderBudget.current().list(parts.size());
      from = at + separator.length();
    }
    parts.add(text.substring(from));
    return parts;
  }

  private static String replace(String text, Object[] arguments) {
    String from = string("replace", arguments, 0);
    String to = string("replace", arguments, 1);
    long grown =
        (long) text.length()
            + (from.isEmpty() ? text.length() + 1L : text.length() / from.length()) * to.length();
    RenderBudget.current().text(grown);
    return text.replace(from, to);
  }

  private static String join(String separator, Object[] arguments) {
    if (arguments.length == 0 || !(arguments[0] instanceof Iterable<?> parts)) {
      throw new IllegalArgumentException("join: wanted a list");
    }
    StringBuilder joined = new StringBuilder();
    String between = "";
    for (Object part : parts) {
      joined.append(between).append(part);
      RenderBudget.current().text(joined.length());
      between = separator;
    }
    return joined.toString();
  }

  private static String title(String text) {
    StringBuilder titled = new StringBuilder(text.length());
    boolean inWord = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      titled.append(inWord ? Character.toLowerCase(c) : Character.toUpperCase(c));
      inWord = Character.isLetter(c);
    }
    return titled.toString();
  }

  private static String capitalize(String text) {
    return text.isEmpty()
        ? text
        : text.substring(0, 1).toUpperCase(Locale.ROOT)
            + text.substring(1).toLowerCase(Locale.ROOT);
  }

  private static String string(String method, Object[] arguments, int index) {
    if (index < arguments.length && arguments[index] instanceof String s) {
      return s;
    }
    throw new IllegalArgumentException(method + ": argument " + (index + 1) + " must be a string");
  }

  private static int number(Object argument) {
    if (argument instanceof Number n) {
      return n.intValue();
    }
    throw new IllegalArgumentException("split: the limit must be a number");
  }
}
