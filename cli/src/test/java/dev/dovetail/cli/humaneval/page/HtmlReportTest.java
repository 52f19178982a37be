package dev.dovetail.cli.humaneval.page;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class HtmlReportTest {
  private static final String NASTY = "a<script>&\"'b";

  /** Reports of every shape that a run can leave. */
  enum Shape {
    FULL,
    EIGHT_SETTINGS,
    ONE_PROBLEM,
    ONE_SETTING,
    NO_PLAIN,
    NO_COST,
    NO_PASS_OF_ONE_TOKEN,
    ONLY_PLAIN,
    ONLY_BASELINE,
    NOTHING_MEASURED,
    EMPTY;

    ObjectNode report() {
      return switch (this) {
        case FULL -> full().report();
        case EIGHT_SETTINGS -> {
          MadeReport made = new MadeReport(20).plain();
          for (int i = 0; i < 7; i++) {
            made.draft("setting " + i, 1 + i % 5 + "x2", 0.7 + 0.1 * i, 1.2 + 0.3 * i);
          }
          yield made.report();
        }
        case ONE_PROBLEM -> new MadeReport(1).plain().draft("auto@1", "1", 1.2, 1.6).report();
        case ONE_SETTING -> new MadeReport(9).draft("auto@1", "1", 1.2, 1.6).report();
        case NO_PLAIN ->
            new MadeReport(9).draft("auto@1", "1", 1.2, 1.6).baseline("llama.cpp").report();
        case NO_COST -> {
          ObjectNode report = full().report();
          report.putArray("cost");
          yield report;
        }
        case NO_PASS_OF_ONE_TOKEN -> {
          ObjectNode report = full().report();
          report.withArray("/cost").remove(0);
          yield report;
        }
        case ONLY_PLAIN -> new MadeReport(9).plain().report();
        case ONLY_BASELINE -> new MadeReport(9).baseline("llama.cpp").report();
        case NOTHING_MEASURED -> {
          ObjectNode report = full().report();
          report.putArray("summary");
          report.putArray("results");
          yield report;
        }
        case EMPTY -> new MadeReport(0).report().removeAll();
      };
    }
  }

  private static MadeReport full() {
    return new MadeReport(164)
        .plain()
        .draft("auto@4x2", "4x2", 1.53, 2.41)
        .draft("dgf@4", "4", 1.31, 2.2)
        .draft("lookup@4", "4", 1.08, 1.35)
        .draft("dgf@6x4", "6x4", 0.82, 2.9)
        .baseline("llama.cpp");
  }

  @ParameterizedTest
  @EnumSource
  void everyShapeIsAPageThatNeedsNothingElse(Shape shape) throws Exception {
    String page = HtmlReport.render(shape.report());
    Element root = parse(page);

    assertThat(page).startsWith("<!DOCTYPE html>");
    assertThat(page).doesNotContain("://", "url(", "@import").doesNotContain("SECRET", "424242");
    assertThat(page.substring(page.indexOf("<main>"), page.indexOf("<script>")))
        .doesNotContain("NaN", "Infinity", "null");
    for (Element element : elements(root, "*")) {
      assertThat(element.getTagName()).isNotIn("link", "img", "iframe", "object", "use", "image");
      assertThat(element.hasAttribute("src")).isFalse();
      assertThat(element.hasAttribute("href")).isFalse();
    }
    for (Element figure : elements(root, "figure")) {
      Element picture = elements(figure, "svg").getFirst();
      assertThat(picture.getAttribute("role")).isEqualTo("img");
      assertThat(picture.getAttribute("aria-label")).hasSizeGreaterThan(20);
    }
  }

  @Test
  void chartsAreThereWhereTheyHaveSomethingToShow() throws Exception {
    assertThat(charts(Shape.FULL)).containsExactly("gain", "tau", "acceptance", "passes", "round");
    assertThat(charts(Shape.NO_PLAIN)).containsExactly("tau", "acceptance", "passes", "round");
    assertThat(charts(Shape.NO_COST)).containsExactly("gain", "tau", "acceptance", "round");
    assertThat(charts(Shape.ONLY_PLAIN)).containsExactly("passes", "round");
    assertThat(charts(Shape.EMPTY)).isEmpty();
  }

  @Test
  void everySettingAndProblemIsThere() throws Exception {
    String page = HtmlReport.render(full().report());
    Element root = parse(page);

    assertThat(page.getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(300_000);
    Element settings = table(root, "settings");
    assertThat(texts(settings, "tr"))
        .hasSize(7)
        .anyMatch(row -> row.startsWith("auto@4x2draft dgf, tree 4x2"))
        .anyMatch(row -> row.startsWith("llama.cppanother program, b6000"));
    List<String> rows = texts(table(root, "problems"), "tr");
    assertThat(rows).hasSize(2 + 164);
    for (int i = 0; i < 164; i++) {
      assertThat(rows.get(2 + i)).startsWith("HumanEval/" + i);
    }
    // A dot is a circle with a title.
    assertThat(elements(root, "circle").stream().filter(dot -> dot.hasChildNodes()))
        .hasSize(5 * 164);
  }

  @Test
  void passRatesHaveAColumnWhereProgramsWereRun() throws Exception {
    MadeReport made = full();
    List<String> scored = texts(table(parse(HtmlReport.render(made.report())), "settings"), "th");
    made.report().withArray("/summary").forEach(s -> ((ObjectNode) s).putNull("pass_at_1"));
    Element unscored = table(parse(HtmlReport.render(made.report())), "settings");

    assertThat(scored).contains("pass@1");
    assertThat(texts(unscored, "th")).doesNotContain("pass@1").hasSize(scored.size() - 1);
    assertThat(elements(unscored, "td")).hasSize(6 * 12);
  }

  @Test
  void aSettingHasOneColourInAllCharts() throws Exception {
    Element root = parse(HtmlReport.render(Shape.EIGHT_SETTINGS.report()));
    List<String> colours = List.of("c0", "c1", "c2", "c3", "c4", "c5", "c6");

    for (Element figure : elements(root, "figure")) {
      List<String> found = new ArrayList<>();
      for (Element group : elements(figure, "g")) {
        found.add(group.getAttribute("class").split(" ")[0]);
      }
      found.remove("plain");
      assertThat(found).as(figure.getAttribute("id")).isEqualTo(colours);
    }
    List<String> shapes =
        elements(table(root, "settings"), "path").stream()
            .skip(1)
            .map(path -> path.getAttribute("d"))
            .toList();
    assertThat(shapes).hasSize(7).doesNotHaveDuplicates();
  }

  @Test
  void namesAreTextWhateverTheyHold() throws Exception {
    MadeReport made = new MadeReport(3).plain().draft(NASTY, "1", 1.3, 1.6).baseline("<b>");
    made.report().withObject("/model").put("name", NASTY);
    made.report().withObject("/conditions").put("cpu", NASTY);
    ((ObjectNode) made.report().withArray("/results").get(0)).put("problem", NASTY);
    Element root = parse(HtmlReport.render(made.report()));

    assertThat(elements(root, "script")).hasSize(1);
    assertThat(elements(root, "b")).isEmpty();
    assertThat(texts(root, "h1")).containsExactly(NASTY);
    assertThat(texts(root, "title")).contains(NASTY + " on HumanEval");
    assertThat(texts(root, "dd")).contains(NASTY);
    assertThat(texts(root, "th")).contains(NASTY, "<b>");
  }

  @Test
  void numbersDoNotDependOnTheLocale() {
    Locale before = Locale.getDefault();
    String page = HtmlReport.render(full().report());
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
      assertThat(HtmlReport.render(full().report())).isEqualTo(page);
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void aProblemsRowHoldsMediansOfItsRepeats() throws Exception {
    MadeReport made = new MadeReport(1).plain().draft("auto@1", "1", 1.2, 1.6);
    made.report().putArray("results");
    repeat(made, "plain", 0, 100, 1, true);
    repeat(made, "plain", 1, 120, 1, false);
    repeat(made, "plain", 2, 90, 1, true);
    repeat(made, "auto@1", 0, 150, 7, true);
    repeat(made, "auto@1", 1, 140, 1, true);
    repeat(made, "auto@1", 2, 160, 1, true);
    Element table = table(parse(HtmlReport.render(made.report())), "problems");

    // Plain: rate, passed. The draft, whose first repeat differs: rate, gain, tau, passed.
    assertThat(texts(table, "td"))
        .containsExactly("100", "2 of 3", "150 ≠", "1.50", "1.70", "3 of 3");
  }

  private static void repeat(
      MadeReport made, String setting, int repeat, double rate, int token, boolean passed) {
    ObjectNode result = made.report().withArray("/results").addObject();
    result.put("problem", "HumanEval/0").put("setting", setting).put("repeat", repeat);
    result.put("decode_tok_per_s", rate).put("tau", 1.6 + 0.1 * repeat).put("passed", passed);
    result.putArray("token_ids").add(token);
  }

  @Test
  void everyConditionIsListedAlsoThoseThatAreNotKnown() throws Exception {
    ObjectNode report = full().report();
    report.withObject("/conditions").put("a_new_field", "a new value").putNull("commit");
    Element conditions = section(parse(HtmlReport.render(report)), "conditions");

    List<String> names = texts(conditions, "dt");
    List<String> values = texts(conditions, "dd");
    assertThat(names).hasSameSizeAs(values).contains("a new field", "SHA-256", "flags", "created");
    assertThat(values.get(names.indexOf("GPU"))).isEqualTo("none");
    assertThat(values.get(names.indexOf("commit"))).isEqualTo("not known");
    assertThat(values.get(names.indexOf("a new field"))).isEqualTo("a new value");
    assertThat(values.get(names.indexOf("SHA-256"))).isEqualTo("5f".repeat(32));
    assertThat(values.get(names.indexOf("flags")))
        .isEqualTo("bench humaneval --settings 'plain auto'");
    assertThat(values.get(names.indexOf("dgf@4"))).contains("a1".repeat(32), "tree 4");
    assertThat(values.get(names.indexOf("plain"))).contains("draft none");
  }

  private static List<String> charts(Shape shape) throws Exception {
    return elements(parse(HtmlReport.render(shape.report())), "figure").stream()
        .map(figure -> figure.getAttribute("id"))
        .toList();
  }

  private static Element parse(String page) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(page)))
        .getDocumentElement();
  }

  private static Element table(Element root, String name) {
    return elements(root, "table").stream()
        .filter(table -> table.getAttribute("class").equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static Element section(Element root, String id) {
    return elements(root, "section").stream()
        .filter(section -> section.getAttribute("id").equals(id))
        .findFirst()
        .orElseThrow();
  }

  private static List<String> texts(Element root, String tag) {
    return elements(root, tag).stream().map(element -> element.getTextContent().strip()).toList();
  }

  private static List<Element> elements(Element root, String tag) {
    NodeList found = root.getElementsByTagName(tag);
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < found.getLength(); i++) {
      elements.add((Element) found.item(i));
    }
    return elements;
  }
}
