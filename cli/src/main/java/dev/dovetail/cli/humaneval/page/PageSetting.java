package dev.dovetail.cli.humaneval.page;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * A setting as the page shows it.
 *
 * @param style the class that gives it its colour
 * @param marker the shape of its points
 * @param about the entry in {@code settings}
 * @param summary the entry in {@code summary}; a missing node where there is none
 */
record PageSetting(String name, String style, Marker marker, JsonNode about, JsonNode summary) {
  /** How many colours there are for settings that speculate. */
  private static final int COLOURS = 8;

  private static final List<Marker> MARKERS = List.of(Marker.values());

  /** The settings of a report, in its order. */
  static List<PageSetting> of(JsonNode report) {
    List<PageSetting> settings = new ArrayList<>();
    int speculating = 0;
    for (JsonNode about : report.path("settings")) {
      String style;
      Marker marker = Marker.CIRCLE;
      switch (about.path("kind").asText()) {
        case "plain" -> style = "plain";
        case "baseline" -> style = "baseline";
        default -> {
          style = "c" + speculating % COLOURS;
          marker = MARKERS.get(speculating % MARKERS.size());
          speculating++;
        }
      }
      String name = about.path("name").asText();
      settings.add(new PageSetting(name, style, marker, about, summary(report, name)));
    }
    return List.copyOf(settings);
  }

  private static JsonNode summary(JsonNode report, String name) {
    for (JsonNode entry : report.path("summary")) {
      if (entry.path("setting").asText().equals(name)) {
        return entry;
      }
    }
    return report.path("summary").path(-1);
  }

  boolean plain() {
    return style.equals("plain");
  }

  /** Another program, measured for comparison. */
  boolean baseline() {
    return style.equals("baseline");
  }

  boolean speculates() {
    return !plain() && !baseline();
  }

  /** A number of the summary. */
  OptionalDouble figure(String... path) {
    return Figures.at(summary, path);
  }
}
