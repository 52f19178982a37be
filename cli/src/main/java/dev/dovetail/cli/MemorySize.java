package dev.dovetail.cli;

import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes of memory as people write them. */
final class MemorySize {
  private static final Pattern SPELLING =
      Pattern.compile("(\\d{1,9}(?:\\.\\d{1,3})?)\\s?([KMGT])(i?)B", Pattern.CASE_INSENSITIVE);
  private static final List<String> PREFIXES = List.of("K", "M", "G", "T");

  private MemorySize() {}

  /**
   * Reads {@code 3GiB}, {@code 3GB} (10^9 bytes each), {@code 3072MiB} or {@code 1.5GiB}.
   *
   * @throws IllegalArgumentException for anything else
   */
  static long parse(String text) {
    Matcher m = SPELLING.matcher(text);
    if (!m.matches()) {
      throw new IllegalArgumentException(
          "a size of memory is spelled as 3GiB, 3GB or 3072MiB; found '" + text + "'");
    }
    int power = PREFIXES.indexOf(m.group(2).toUpperCase(Locale.ROOT)) + 1;
    BigDecimal unit = BigDecimal.valueOf(m.group(3).isEmpty() ? 1000 : 1024).pow(power);
    BigDecimal bytes = new BigDecimal(m.group(1)).multiply(unit);
    if (bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
      throw new IllegalArgumentException("no memory is as large as '" + text + "'");
    }
    return bytes.longValue();
  }
}
