package dev.dovetail.cli.humaneval.page;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.OptionalDouble;

/** Numbers of a report: read where they are known, and written for people. */
final class Figures {
  static final String UNKNOWN = "–";

  private Figures() {}

  /** The number at the end of a path of fields; empty where it is missing, null or not finite. */
  static OptionalDouble at(JsonNode node, String... path) {
    JsonNode found = node;
    for (String field : path) {
      found = found.path(field);
    }
    return found.isNumber() && Double.isFinite(found.doubleValue())
        ? OptionalDouble.of(found.doubleValue())
        : OptionalDouble.empty();
  }

  /** Three significant digits, such as {@code 177}, {@code 23.4}, {@code 5.86}. */
  static String of(double value) {
    double size = Math.abs(value);
    if (value == 0) {
      return "0";
    }
    if (size >= 99.95) {
      return fixed(value, 0);
    }
    if (size >= 9.995) {
      return fixed(value, 1);
    }
    return size < 0.0005 ? "under 0.001" : fixed(value, size >= 0.1 ? 2 : 3);
  }

  static String of(OptionalDouble value) {
    return value.isPresent() ? of(value.getAsDouble()) : UNKNOWN;
  }

  /** A ratio, with a third digit close to 1, where the second does not say which side it is on. */
  static String ratio(double value) {
    return fixed(value, value != 1 && Math.abs(value - 1) < 0.01 ? 3 : 2);
  }

  static String ratio(OptionalDouble value) {
    return value.isPresent() ? ratio(value.getAsDouble()) : UNKNOWN;
  }

  /** A share of 1 as {@code 60.4 %}. */
  static String percent(double share) {
    return fixed(100 * share, 1) + " %";
  }

  static String bytes(double bytes) {
    return bytes >= 1 << 30
        ? fixed(bytes / (1 << 30), 2) + " GiB"
        : fixed(bytes / (1 << 20), bytes < 100 << 20 ? 1 : 0) + " MiB";
  }

  static String fixed(double value, int digits) {
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }
}
