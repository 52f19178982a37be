package dev.dovetail.cli.humaneval.page;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a reader must know before believing a report's figures. */
public final class Caveats {
  private Caveats() {}

  /** A sentence each, of a report of format {@code dovetail-humaneval-1}. */
  public static List<String> of(ObjectNode report) {
    return of(new PageData(report));
  }

  static List<String> of(PageData data) {
    List<String> caveats = new ArrayList<>();
    incomplete(data, caveats);
    gpuLost(data, caveats);
    draftLost(data, caveats);
    changed(data, caveats);
    return caveats;
  }

  private static void incomplete(PageData data, List<String> caveats) {
    JsonNode report = data.report();
    if (report.path("complete").asBoolean(true)) {
      return;
    }
    int limit = report.path("options").path("limit").asInt();
    int repeats = report.path("options").path("repeat").asInt();
    long all = (long) limit * repeats;
    long finished = finished(data);
    if (finished < all) {
      caveats.add(
          "Interrupted after %d of %s problems."
              .formatted(finished, repeats > 1 ? repeats + " times " + limit : limit));
    } else {
      caveats.add(
          "Not the whole of HumanEval: limited to %d %s."
              .formatted(limit, limit == 1 ? "problem" : "problems"));
    }
  }

  /** How many problems every setting has a text of; each repeat counts. */
  private static long finished(PageData data) {
    Map<String, Integer> texts = new HashMap<>();
    for (JsonNode result : data.report().path("results")) {
      texts.merge(
          result.path("problem").asText() + " " + result.path("repeat").asInt(), 1, Integer::sum);
    }
    return texts.values().stream().filter(count -> count == data.settings().size()).count();
  }

  private static void gpuLost(PageData data, List<String> caveats) {
    for (JsonNode result : data.report().path("results")) {
      if (result.path("gpu_lost").isTextual()) {
        caveats.add(
            "The GPU was lost in %s, %s, and the CPU went on: %s"
                .formatted(
                    result.path("problem").asText(),
                    result.path("setting").asText(),
                    result.path("gpu_lost").asText()));
        return;
      }
    }
  }

  private static void draftLost(PageData data, List<String> caveats) {
    for (PageSetting setting : data.settings(PageSetting::speculates)) {
      String wanted = setting.about().path("draft").asText();
      int texts = 0;
      int without = 0;
      for (JsonNode result : data.report().path("results")) {
        // Older reports do not tell who guessed.
        JsonNode draft = result.path("draft");
        if (result.path("setting").asText().equals(setting.name()) && draft.isTextual()) {
          texts++;
          without += draft.asText().equals(wanted) ? 0 : 1;
        }
      }
      if (without > 0) {
        caveats.add(
            "%s: its draft was lost, and %d of %d texts were made without it."
                .formatted(setting.name(), without, texts));
      }
    }
  }

  private static void changed(PageData data, List<String> caveats) {
    for (PageSetting setting : data.changed()) {
      double different = setting.figure("different").getAsDouble();
      caveats.add(
          "%s: %s not plain decoding’s%s. Its rates must not be compared with plain’s."
              .formatted(
                  setting.name(),
                  Figures.fixed(different, 0) + (different == 1 ? " text is" : " texts are"),
                  first(setting.summary().path("first_difference"))));
    }
  }

  private static String first(JsonNode difference) {
    return difference.isObject()
        ? ", first in %s at token %s"
            .formatted(difference.path("problem").asText(), difference.path("position").asText())
        : "";
  }
}
