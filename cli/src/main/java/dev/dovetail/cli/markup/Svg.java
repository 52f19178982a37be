package dev.dovetail.cli.markup;

/**
 * Draws a picture into a {@link Markup}, in units of its view box. Further attributes are given as
 * pairs of name and value. Not thread-safe.
 */
public final class Svg {
  private final Markup out;

  /** Starts the picture; {@link #end} ends it. */
  public Svg(Markup out, double width, double height, String... attributes) {
    this.out = out;
    String[] all = with(attributes, "viewBox", "0 0 " + number(width) + " " + number(height));
    out.open("svg", all).newLine();
  }

  public Svg line(double x1, double y1, double x2, double y2, String... attributes) {
    return leaf(
        "line", attributes, "x1", number(x1), "y1", number(y1), "x2", number(x2), "y2", number(y2));
  }

  public Svg rect(double x, double y, double width, double height, String... attributes) {
    return leaf(
        "rect",
        attributes,
        "x",
        number(x),
        "y",
        number(y),
        "width",
        number(width),
        "height",
        number(height));
  }

  public Svg circle(double x, double y, double radius, String... attributes) {
    return leaf("circle", attributes, "cx", number(x), "cy", number(y), "r", number(radius));
  }

  /** A circle that tells what it stands for when it is pointed at. */
  public Svg dot(double x, double y, double radius, String title) {
    out.open("circle", "cx", number(x), "cy", number(y), "r", number(radius));
    out.element("title", title).close().newLine();
    return this;
  }

  /**
   * @param shape path data
   */
  public Svg path(String shape, String... attributes) {
    return leaf("path", attributes, "d", shape);
  }

  /**
   * @param anchor start, middle or end: which part of the words stands at x
   */
  public Svg text(double x, double y, String anchor, String words, String... attributes) {
    String place = anchor.equals("start") ? null : anchor;
    out.element(
        "text", words, with(attributes, "x", number(x), "y", number(y), "text-anchor", place));
    out.newLine();
    return this;
  }

  /** Starts a group, whose attributes hold for what is in it; {@link #end} ends it. */
  public Svg group(String... attributes) {
    out.open("g", attributes).newLine();
    return this;
  }

  /** Ends the group, or the picture, that was started last. */
  public Svg end() {
    out.close().newLine();
    return this;
  }

  /** A coordinate with at most one digit after the point. */
  public static String number(double value) {
    long tenths = Math.round(10 * value);
    return tenths % 10 == 0 ? Long.toString(tenths / 10) : Double.toString(tenths / 10.0);
  }

  private Svg leaf(String name, String[] attributes, String... place) {
    out.leaf(name, with(attributes, place)).newLine();
    return this;
  }

  private static String[] with(String[] attributes, String... place) {
    String[] all = new String[place.length + attributes.length];
    System.arraycopy(place, 0, all, 0, place.length);
    System.arraycopy(attributes, 0, all, place.length, attributes.length);
    return all;
  }
}
