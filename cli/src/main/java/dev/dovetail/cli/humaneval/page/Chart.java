package dev.dovetail.cli.humaneval.page;

import dev.dovetail.cli.markup.Markup;
import dev.dovetail.cli.markup.Svg;
import java.util.List;

/** What the charts of the page share: their frame, axes and legend. */
final class Chart {
  static final double WIDTH = 480;

  /** The left and right ends of charts that have a row for each setting. */
  static final double LEFT = 12;

  static final double RIGHT = WIDTH - 12;

  private Chart() {}

  /** Starts a figure with its title, and says what it shows. */
  static void open(Markup html, String id, String title, String caption) {
    html.open("figure", "id", id).open("figcaption");
    html.element("h3", title).element("p", caption).close().newLine();
  }

  /**
   * Starts a picture in a figure.
   *
   * @param label says in words what the picture shows, for those who do not see it
   */
  static Svg svg(Markup html, double height, String label) {
    return new Svg(html, WIDTH, height, "role", "img", "aria-label", label);
  }

  /** Lines and labels of the horizontal axis of a picture, and what it measures. */
  static void across(Svg svg, Axis axis, double top, double bottom, String title) {
    for (double tick : axis.ticks()) {
      svg.line(axis.at(tick), top, axis.at(tick), bottom, "class", "grid");
      svg.text(axis.at(tick), bottom + 17, "middle", axis.label(tick), "class", "tick");
    }
    svg.text((axis.from() + axis.to()) / 2, bottom + 38, "middle", title, "class", "unit");
  }

  /** Lines and labels of the vertical axis, what it measures above them. */
  static void upward(Svg svg, Axis axis, double left, double right, String title) {
    for (double tick : axis.ticks()) {
      svg.line(left, axis.at(tick), right, axis.at(tick), "class", "grid");
      svg.text(left - 7, axis.at(tick) + 4, "end", axis.label(tick), "class", "tick");
    }
    svg.text(2, axis.to() - 14, "start", title, "class", "unit");
  }

  /** The name of a row at its left, what it came to at its right. */
  static void row(Svg svg, double y, PageSetting setting, String value) {
    String name =
        setting.baseline()
            ? shortened(setting.name(), 12) + ", other program"
            : shortened(setting.name(), 22);
    svg.text(LEFT, y, "start", name, "class", "name");
    svg.text(RIGHT, y, "end", value, "class", "value");
  }

  static void legend(Markup html, List<PageSetting> settings) {
    html.open("ul", "class", "legend");
    for (PageSetting setting : settings) {
      html.open("li");
      swatch(html, setting);
      html.text(setting.name()).close().newLine();
    }
    html.close();
  }

  /** The mark that a setting has in all charts. */
  static void swatch(Markup html, PageSetting setting) {
    html.open(
        "svg", "class", "swatch " + setting.style(), "viewBox", "0 0 14 14", "aria-hidden", "true");
    html.leaf("path", "d", setting.marker().path(7, 7, 4.5)).close();
  }

  /** A name without its middle where it is longer than there is room. */
  static String shortened(String name, int length) {
    int count = name.codePointCount(0, name.length());
    if (count <= length) {
      return name;
    }
    int tail = length / 2;
    return name.substring(0, name.offsetByCodePoints(0, length - 1 - tail))
        + "…"
        + name.substring(name.offsetByCodePoints(0, count - tail));
  }
}
