package dev.dovetail.cli.humaneval.page;

import com.fasterxml.jackson.databind.JsonNode;
import dev.dovetail.cli.markup.Markup;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** The settings side by side. */
final class SettingsTable {
  /** The last one only where programs have been run. */
  private static final String[][] COLUMNS = {
    {"setting", ""},
    {"decoding", "tokens/s"},
    {"gain", "× plain"},
    {"tau", "tokens/round"},
    {"looked up", "of the rounds"},
    {"draft", "ms/round"},
    {"verify", "ms/round"},
    {"channel", "ms/round"},
    {"hidden", "of drafting"},
    {"first token", "ms"},
    {"prompt", "tokens/s"},
    {"identical", "to plain"},
    {"peak memory", "GPU below"},
    {"pass@1", ""},
  };

  private SettingsTable() {}

  static void write(Markup html, PageData data) {
    html.open(
        "div", "class", "scroll", "tabindex", "0", "role", "region", "aria-label", "Settings");
    html.open("table", "class", "settings").open("thead").open("tr");
    boolean scored = data.settings().stream().anyMatch(SettingsTable::scored);
    int columns = scored ? COLUMNS.length : COLUMNS.length - 1;
    for (String[] column : List.of(COLUMNS).subList(0, columns)) {
      html.open("th", "scope", "col").text(column[0]);
      html.element("small", column[1]).close();
    }
    html.close().close().newLine().open("tbody").newLine();
    for (PageSetting setting : data.settings()) {
      boolean best = data.best().filter(setting::equals).isPresent();
      html.open("tr", "class", best ? "best" : null);
      cells(html, data, setting);
      if (scored) {
        score(html, setting.summary().path("pass_at_1"));
      }
      html.close().newLine();
    }
    html.close().close().close().newLine();
    html.element(
        "p",
        "Decoding, gain, first token and prompt: the median over the problems, below it the"
            + " quartiles, for the gain the 95 % interval. Tau and times: of all rounds; below them"
            + " the median problem’s tau, and the bytes that cross in a round.",
        "class",
        "note");
  }

  private static void cells(Markup html, PageData data, PageSetting setting) {
    html.open("th", "scope", "row");
    Chart.swatch(html, setting);
    html.text(setting.name()).element("small", about(data, setting)).close();
    spread(html, setting, "decode_tok_per_s");
    OptionalDouble low = setting.figure("gain", "low");
    OptionalDouble high = setting.figure("gain", "high");
    cell(
        html,
        setting.plain() ? "1" : Figures.ratio(setting.figure("gain", "median")),
        setting.plain() || low.isEmpty() || high.isEmpty()
            ? ""
            : Figures.ratio(low) + " to " + Figures.ratio(high));
    OptionalDouble middle = setting.figure("tau_by_problem", "median");
    cell(
        html,
        Figures.of(setting.figure("tau")),
        middle.isEmpty() || setting.plain() ? "" : "median " + Figures.of(middle));
    OptionalDouble lookups = setting.figure("lookup_tau");
    cell(
        html,
        share(setting.figure("lookup_share")),
        lookups.isEmpty() ? "" : "tau " + Figures.of(lookups));
    cell(html, Figures.of(setting.figure("draft_ms_per_round")), "");
    cell(html, Figures.of(setting.figure("verify_ms_per_round")), "");
    cell(html, Figures.of(setting.figure("channel_ms_per_round")), bytes(setting));
    cell(html, share(setting.figure("hidden_share")), "");
    spread(html, setting, "ttft_ms");
    spread(html, setting, "prefill_tok_per_s");
    identical(html, setting);
    OptionalDouble vram = setting.figure("peak_vram_bytes");
    cell(html, memory(setting.figure("peak_rss_bytes")), vram.orElse(0) > 0 ? memory(vram) : "");
  }

  /** Whether its programs have been run. */
  private static boolean scored(PageSetting setting) {
    return setting.summary().path("pass_at_1").isObject();
  }

  private static void score(Markup html, JsonNode score) {
    cell(
        html,
        share(Figures.at(score, "rate")),
        score.isObject() ? score.path("passed").asText() + " of " + score.path("of").asText() : "");
  }

  /** What drafts, and in which trees; of a baseline, that it is one, and its version. */
  private static String about(PageData data, PageSetting setting) {
    List<String> parts = new ArrayList<>();
    if (setting.baseline()) {
      parts.add("another program");
    }
    if (setting.plain()) {
      parts.add("no draft");
    }
    add(parts, "draft ", setting.about().path("draft"));
    add(parts, "tree ", setting.about().path("tree"));
    add(parts, "", setting.about().path("version"));
    OptionalDouble problems = setting.figure("problems");
    if (problems.orElse(data.problems().size()) != data.problems().size()) {
      parts.add(Figures.fixed(problems.getAsDouble(), 0) + " problems only");
    }
    return String.join(", ", parts);
  }

  private static void add(List<String> parts, String name, JsonNode value) {
    if (value.isValueNode() && !value.isNull()) {
      parts.add(name + value.asText());
    }
  }

  /** A median with its quartiles. */
  private static void spread(Markup html, PageSetting setting, String field) {
    OptionalDouble low = setting.figure(field, "q1");
    OptionalDouble high = setting.figure(field, "q3");
    cell(
        html,
        Figures.of(setting.figure(field, "median")),
        low.isPresent() && high.isPresent() ? Figures.of(low) + " to " + Figures.of(high) : "");
  }

  /** The bytes that cross in a round, there and back. */
  private static String bytes(PageSetting setting) {
    OptionalDouble there = setting.figure("bytes_to_draft_per_round");
    OptionalDouble back = setting.figure("bytes_from_draft_per_round");
    double sum = there.orElse(0) + back.orElse(0);
    return sum > 0 ? Figures.fixed(sum, 0) + " B" : "";
  }

  private static void identical(Markup html, PageSetting setting) {
    OptionalDouble same = setting.figure("identical");
    OptionalDouble different = setting.figure("different");
    if (setting.plain()) {
      cell(html, "itself", "");
    } else if (same.isEmpty() || different.isEmpty()) {
      cell(html, Figures.UNKNOWN, "");
    } else {
      boolean all = different.getAsDouble() == 0;
      double compared = same.getAsDouble() + different.getAsDouble();
      html.open("td", "class", all || setting.baseline() ? null : "differs");
      html.text(Figures.fixed(same.getAsDouble(), 0));
      html.element("small", "of " + Figures.fixed(compared, 0)).close();
    }
  }

  private static String share(OptionalDouble value) {
    return value.isPresent() ? Figures.percent(value.getAsDouble()) : Figures.UNKNOWN;
  }

  private static String memory(OptionalDouble bytes) {
    return bytes.isPresent() ? Figures.bytes(bytes.getAsDouble()) : Figures.UNKNOWN;
  }

  private static void cell(Markup html, String value, String below) {
    html.open("td").text(value);
    if (!below.isEmpty()) {
      html.element("small", below);
    }
    html.close();
  }
}
