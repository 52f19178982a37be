package dev.dovetail.models.store;

import java.util.Comparator;
import java.util.List;

/** Suggests what a mistyped name may have meant. */
final class NearestNames {
  private NearestNames() {}

  static String hint(String name, List<String> known) {
    List<String> near =
        known.stream()
            .filter(candidate -> distance(name, candidate) <= Math.max(2, candidate.length() / 2))
            .sorted(Comparator.comparingInt(candidate -> distance(name, candidate)))
            .toList();
    return near.isEmpty()
        ? "known names: " + String.join(", ", known)
        : "did you mean " + String.join(" or ", near) + "?";
  }

  /** Insertions, deletions and exchanges that turn one name into the other. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int exchange = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(exchange, Math.min(above, row[j - 1]) + 1);
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}
