package dev.dovetail.cli;

import dev.dovetail.cli.markup.Markup;
import dev.dovetail.cli.markup.Svg;
import dev.dovetail.engine.cost.PassCosts;
import java.util.Locale;

/**
 * The roofline (Williams et al. 2009) of a machine with the passes of a model under it:
 * multiply-adds per byte of weights to the right, 10^9 of them per second upwards, both in powers
 * of two.
 */
final class RooflineSvg {
  private static final int WIDTH = 760;
  private static final int HEIGHT = 460;
  private static final int LEFT = 70;
  private static final int RIGHT = 20;
  private static final int TOP = 50;
  private static final int BOTTOM = 55;

  private final PassCosts costs;
  private final int fromX;
  private final int toX;
  private final int fromY;
  private final int toY;
  private final Markup out = new Markup();
  private final Svg svg =
      new Svg(
          out,
          WIDTH,
          HEIGHT,
          "xmlns",
          "http://www.w3.org/2000/svg",
          "font-family",
          "sans-serif",
          "font-size",
          "12");

  private RooflineSvg(PassCosts costs) {
    this.costs = costs;
    double lowest =
        costs.passMs().keySet().stream().mapToDouble(costs::gmacPerS).min().orElseThrow();
    fromX = (int) Math.floor(log2(intensity(costs.passMs().firstKey()))) - 1;
    toX =
        (int)
                Math.ceil(
                    log2(
                        Math.max(
                            intensity(costs.passMs().lastKey()),
                            costs.limits().fmaGmacPerS() / costs.limits().readGbPerS())))
            + 1;
    fromY = (int) Math.floor(log2(lowest)) - 1;
    toY = (int) Math.ceil(log2(costs.limits().fmaGmacPerS()));
  }

  /** The picture. */
  static String of(PassCosts costs, String model) {
    return new RooflineSvg(costs).draw(model);
  }

  private double intensity(int n) {
    return (double) n * costs.work().macsPerToken() / costs.work().bytesPerPass();
  }

  private String draw(String model) {
    svg.rect(0, 0, WIDTH, HEIGHT, "fill", "white");
    svg.text(LEFT, 20, "start", model + ": passes over n tokens under the machine's roofline");
    svg.text(
        LEFT,
        38,
        "start",
        "%s, %d threads; read %s GB/s, FMA %s GMAC/s; %d tokens in the context"
            .formatted(
                costs.kernels(),
                costs.threads(),
                Units.decimal(costs.limits().readGbPerS(), 1),
                Units.decimal(costs.limits().fmaGmacPerS(), 0),
                costs.prefix()));
    axes();
    roof();
    costs.passMs().keySet().forEach(this::point);
    svg.end();
    return out.finish();
  }

  private void axes() {
    for (int power = fromX; power <= toX; power++) {
      double x = x(Math.scalb(1.0, power));
      line(x, TOP, x, HEIGHT - BOTTOM, "#e4e4e4", 1);
      svg.text(x, HEIGHT - BOTTOM + 18, "middle", label(power));
    }
    for (int power = fromY; power <= toY; power++) {
      double y = y(Math.scalb(1.0, power));
      line(LEFT, y, WIDTH - RIGHT, y, "#e4e4e4", 1);
      svg.text(LEFT - 8, y + 4, "end", label(power));
    }
    svg.text(
        (LEFT + WIDTH - RIGHT) / 2.0,
        HEIGHT - 12,
        "middle",
        "multiply-adds for each byte of weights");
    int middle = (TOP + HEIGHT - BOTTOM) / 2;
    svg.text(18, middle, "middle", "GMAC/s", "transform", "rotate(-90 18 " + middle + ")");
  }

  private void roof() {
    double read = costs.limits().readGbPerS();
    double fma = costs.limits().fmaGmacPerS();
    double start = Math.max(Math.scalb(1.0, fromX), Math.scalb(1.0, fromY) / read);
    line(x(start), y(start * read), x(fma / read), y(fma), "#444444", 2);
    line(x(fma / read), y(fma), WIDTH - RIGHT, y(fma), "#444444", 2);
  }

  private void point(int n) {
    double x = x(intensity(n));
    double y = y(costs.gmacPerS(n));
    svg.circle(x, y, 4, "fill", "#1f6feb");
    svg.text(x + 6, y + 14, "start", Integer.toString(n));
  }

  private void line(double x1, double y1, double x2, double y2, String colour, int width) {
    svg.line(x1, y1, x2, y2, "stroke", colour, "stroke-width", Integer.toString(width));
  }

  private double x(double intensity) {
    return LEFT + (WIDTH - LEFT - RIGHT) * (log2(intensity) - fromX) / (toX - fromX);
  }

  private double y(double rate) {
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (log2(rate) - fromY) / (toY - fromY);
  }

  private static String label(int power) {
    return power >= 0
        ? Long.toString(1L << power)
        : String.format(Locale.ROOT, "1/%d", 1L << -power);
  }

  private static double log2(double value) {
    return Math.log(value) / Math.log(2);
  }
}
