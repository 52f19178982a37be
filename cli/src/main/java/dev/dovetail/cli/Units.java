package dev.dovetail.cli;

import java.util.Locale;

/** Numbers for people. */
final class Units {
  private Units() {}

  /** Such as {@code 93.8 MiB}. */
  static String bytes(long bytes) {
    if (bytes < 1024) {
      return bytes + " B";
    }
    String[] names = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = bytes / 1024.0;
    int unit = 0;
    while (value >= 1024 && unit < names.length - 1) {
      value /= 1024;
      unit++;
    }
    return decimal(value, 1) + " " + names[unit];
  }

  /** Such as {@code 340 ms} or {@code 2.1 s}. */
  static String millis(double ms) {
    return ms < 1000 ? decimal(ms, 0) + " ms" : decimal(ms / 1000, 1) + " s";
  }

  /** Fixed digits after the point, the same in every locale. */
  static String decimal(double value, int digits) {
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }
}
