package dev.dovetail.cli.humaneval.page;

import com.fasterxml.jackson.databind.JsonNode;
import dev.dovetail.cli.markup.Markup;
import java.util.Optional;
import java.util.OptionalDouble;

/** The top of the page: the model, the result in a sentence, and what speaks against it. */
final class Headline {
  private final PageData data;
  private final JsonNode report;

  Headline(PageData data) {
    this.data = data;
    report = data.report();
  }

  /** The model's name. */
  String model() {
    return report.path("model").path("name").asText("a model without a name");
  }

  void write(Markup html) {
    html.open("header");
    html.element("p", "Dovetail · HumanEval", "class", "kicker");
    html.element("h1", model()).newLine();
    html.element("p", result(), "class", "result").newLine();
    facts(html);
    Caveats.of(data).forEach(caveat -> html.element("p", caveat, "class", "warning").newLine());
    html.close().newLine();
  }

  /** What came of it, in one sentence. */
  String result() {
    Optional<PageSetting> best = data.best();
    if (best.isPresent()) {
      return gain(best.get());
    }
    Optional<PageSetting> plain = data.plain();
    if (data.settings(PageSetting::speculates).isEmpty()) {
      return plain
          .map(setting -> Figures.of(setting.figure("decode_tok_per_s", "median")))
          .map(rate -> "Plain decoding emits " + rate + " tokens a second in the median problem.")
          .orElse("No setting of Dovetail was measured.");
    }
    if (plain.isEmpty()) {
      return "No gain can be stated: plain decoding was not measured in this run.";
    }
    return data.changed().isEmpty()
        ? "No gain can be stated: no setting has a rate beside plain decoding’s."
        : "No gain can be stated: the texts are not plain decoding’s.";
  }

  private String gain(PageSetting best) {
    double gain = best.figure("gain", "median").getAsDouble();
    OptionalDouble low = best.figure("gain", "low");
    OptionalDouble high = best.figure("gain", "high");
    boolean sure = low.isPresent() && high.isPresent();
    String interval =
        sure ? "95 % interval " + Figures.ratio(low) + " to " + Figures.ratio(high) : "no interval";
    String speed = Figures.ratio(gain) + " times plain decoding’s rate in the median problem";
    if (gain > 1 && !(sure && low.getAsDouble() <= 1)) {
      return best.name() + " decodes at " + speed + " (" + interval + ").";
    }
    boolean only = data.settings(PageSetting::speculates).size() == 1;
    String reaches = only ? best.name() + " reaches " : "the best, " + best.name() + ", reaches ";
    String undecided = gain > 1 ? ", which does not exclude 1" : "";
    return "No setting gains: " + reaches + speed + " (" + interval + undecided + ").";
  }

  private void facts(Markup html) {
    html.open("dl", "class", "facts");
    fact(html, "problems", Long.toString(data.problems().size()));
    Optional<PageSetting> best = data.best();
    data.plain().ifPresent(plain -> rate(html, "plain, tokens/s", plain));
    best.ifPresent(setting -> {
      rate(html, Chart.shortened(setting.name(), 20) + ", tokens/s", setting);
      setting.figure("tau").ifPresent(tau -> fact(html, "tau", Figures.of(tau)));
    });
    PageSetting scored = best.or(data::plain).orElse(null);
    if (scored != null && scored.figure("pass_at_1", "rate").isPresent()) {
      fact(html, "pass@1", Figures.percent(scored.figure("pass_at_1", "rate").getAsDouble()));
    }
    double identical = sum("identical");
    double compared = identical + sum("different");
    if (compared > 0) {
      fact(
          html,
          "texts equal to plain’s",
          Figures.fixed(identical, 0) + " of " + Figures.fixed(compared, 0));
    }
    html.close().newLine();
  }

  private static void rate(Markup html, String name, PageSetting setting) {
    fact(html, name, Figures.of(setting.figure("decode_tok_per_s", "median")));
  }

  private static void fact(Markup html, String name, String value) {
    html.open("div").element("dt", name).element("dd", value).close().newLine();
  }

  /** A count, over all settings that speculate. */
  private double sum(String field) {
    return data.settings(PageSetting::speculates).stream()
        .mapToDouble(setting -> setting.figure(field).orElse(0))
        .sum();
  }
}
