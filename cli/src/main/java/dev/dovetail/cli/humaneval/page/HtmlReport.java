package dev.dovetail.cli.humaneval.page;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.dovetail.cli.markup.Markup;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The page that shows a report of {@code bench humaneval} to people. */
public final class HtmlReport {
  /** The page loads nothing, and its browser holds it to that. */
  private static final String POLICY =
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

  private HtmlReport() {}

  /**
   * Writes a report as one HTML page that needs nothing beside it: styles, charts and a script that
   * sorts a table are part of it. Texts and tokens of the results are not. The page is well-formed
   * XML too.
   *
   * @param report of format {@code dovetail-humaneval-1}; what it leaves out or does not know is
   *     left out or shown as unknown
   */
  public static String render(ObjectNode report) {
    PageData data = new PageData(report);
    Headline headline = new Headline(data);
    Markup html = new Markup();
    html.open("html", "lang", "en").newLine();
    head(html, headline.model() + " on HumanEval");
    html.open("body").open("main").newLine();
    headline.write(html);
    section(html, "settings", "Settings");
    SettingsTable.write(html, data);
    html.close().newLine();
    section(html, "charts", "Charts");
    charts(html, data);
    html.close().newLine();
    section(html, "problems", "Problems");
    ProblemsTable.write(html, data);
    html.close().newLine();
    section(html, "conditions", "Conditions");
    Conditions.write(html, report);
    html.close().newLine();
    section(html, "reading", "How to read this");
    Guide.write(html, data);
    html.close().newLine();
    html.close();
    html.open("script").newLine().verbatim(resource("report.js")).close().newLine();
    html.close().close().newLine();
    return "<!DOCTYPE html>\n" + html.finish();
  }

  private static void head(Markup html, String title) {
    html.open("head").newLine();
    html.leaf("meta", "charset", "utf-8").newLine();
    html.leaf("meta", "http-equiv", "Content-Security-Policy", "content", POLICY).newLine();
    html.leaf("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
    html.newLine().leaf("meta", "name", "color-scheme", "content", "light dark").newLine();
    html.element("title", title).newLine();
    html.open("style").newLine().verbatim(resource("report.css")).close().newLine();
    html.close().newLine();
  }

  private static void section(Markup html, String id, String title) {
    html.open("section", "id", id).element("h2", title).newLine();
  }

  private static void charts(Markup html, PageData data) {
    html.open("div", "class", "charts").newLine();
    GainChart.write(html, data);
    TauChart.write(html, data);
    AcceptanceChart.write(html, data);
    PassChart.write(html, data);
    RoundChart.write(html, data);
    html.close().newLine();
    if (data.plain().isEmpty()) {
      html.element(
          "p", "Plain decoding was not measured, so no gain can be drawn.", "class", "note");
    }
    if (data.passes().length == 0) {
      html.element("p", "The time of a pass over n tokens was not measured.", "class", "note");
    }
  }

  private static String resource(String name) {
    try (InputStream in = HtmlReport.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
