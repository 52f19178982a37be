package dev.dovetail.cli.humaneval.page;

import dev.dovetail.cli.markup.Markup;
import java.util.ArrayList;
import java.util.List;

/** Every problem with what each setting came to on it. */
final class ProblemsTable {
  private final PageData data;
  private final List<PageSetting> settings;
  private final List<List<String>> columns;

  private ProblemsTable(PageData data) {
    this.data = data;
    settings = data.settings();
    columns = settings.stream().map(this::columns).toList();
  }

  static void write(Markup html, PageData data) {
    new ProblemsTable(data).write(html);
  }

  /** What there is to show of a setting. */
  private List<String> columns(PageSetting setting) {
    List<String> names = new ArrayList<>(List.of("tok/s"));
    if (!setting.plain() && !data.byProblem(setting, PageCell::gain).isEmpty()) {
      names.add("gain");
    }
    if (setting.speculates()) {
      names.add("tau");
    }
    if (data.problems().stream().anyMatch(name -> data.cell(name, setting).scored() > 0)) {
      names.add("passed");
    }
    return names;
  }

  private void write(Markup html) {
    int count = data.problems().size();
    html.open("details").open("summary");
    html.text(count == 1 ? "The one problem" : "All " + count + " problems").close().newLine();
    html.open(
        "div", "class", "scroll tall", "tabindex", "0", "role", "region", "aria-label", "Problems");
    html.open("table", "class", "problems").newLine();
    head(html);
    html.open("tbody").newLine();
    data.problems().forEach(problem -> row(html, problem));
    html.close().close().close();
    html.element(
        "p",
        "tok/s: decoding, the median of the repeats. ≠ marks a text that is not plain decoding’s."
            + " Choose a column’s title to sort by it.",
        "class",
        "note");
    html.close().newLine();
  }

  private void head(Markup html) {
    html.open("thead").open("tr");
    html.element("th", "problem", "rowspan", "2", "scope", "col", "data-column", "0");
    for (int i = 0; i < settings.size(); i++) {
      html.open(
          "th",
          "scope",
          "colgroup",
          "class",
          "first",
          "colspan",
          Integer.toString(columns.get(i).size()));
      Chart.swatch(html, settings.get(i));
      html.text(settings.get(i).name()).close();
    }
    html.close().newLine().open("tr");
    int column = 1;
    for (List<String> names : columns) {
      for (String name : names) {
        html.element(
            "th",
            name,
            "scope",
            "col",
            "class",
            name.equals("tok/s") ? "first" : null,
            "data-column",
            Integer.toString(column++));
      }
    }
    html.close().close().newLine();
  }

  private void row(Markup html, String problem) {
    html.open("tr").element("th", problem, "scope", "row");
    for (int i = 0; i < settings.size(); i++) {
      PageCell cell = data.cell(problem, settings.get(i));
      for (String name : columns.get(i)) {
        switch (name) {
          case "tok/s" ->
              html.element(
                  "td", Figures.of(cell.rate()) + (cell.differs() ? " ≠" : ""), "class", "first");
          case "gain" -> html.element("td", Figures.ratio(cell.gain()));
          case "tau" -> html.element("td", Figures.of(cell.tau()));
          default -> html.element("td", passed(cell));
        }
      }
    }
    html.close().newLine();
  }

  private static String passed(PageCell cell) {
    if (cell.scored() > 1) {
      return cell.passed() + " of " + cell.scored();
    }
    return cell.scored() == 0 ? Figures.UNKNOWN : cell.passed() == 1 ? "yes" : "no";
  }
}
