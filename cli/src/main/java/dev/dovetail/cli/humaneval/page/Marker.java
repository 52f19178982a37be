package dev.dovetail.cli.humaneval.page;

import dev.dovetail.cli.markup.Svg;

/** Shapes of points, so that no series is told by its colour alone. */
enum Marker {
  CIRCLE {
    @Override
    String path(double x, double y, double r) {
      return start(x - r, y) + arc(r, 2 * r) + arc(r, -2 * r) + "z";
    }

    private static String arc(double r, double dx) {
      return "a" + Svg.number(r) + " " + Svg.number(r) + " 0 1 0 " + Svg.number(dx) + " 0";
    }
  },
  SQUARE {
    @Override
    String path(double x, double y, double r) {
      return polygon(x, y, 0.9 * r, -1, -1, 1, -1, 1, 1, -1, 1);
    }
  },
  TRIANGLE {
    @Override
    String path(double x, double y, double r) {
      return polygon(x, y, 1.2 * r, 0, -1, 1, 0.8, -1, 0.8);
    }
  },
  DIAMOND {
    @Override
    String path(double x, double y, double r) {
      return polygon(x, y, 1.3 * r, 0, -1, 1, 0, 0, 1, -1, 0);
    }
  },
  TRIANGLE_DOWN {
    @Override
    String path(double x, double y, double r) {
      return polygon(x, y, 1.2 * r, 0, 1, 1, -0.8, -1, -0.8);
    }
  },
  PLUS {
    @Override
    String path(double x, double y, double r) {
      double a = 0.35;
      return polygon(
          x, y, 1.2 * r, -a, -1, a, -1, a, -a, 1, -a, 1, a, a, a, a, 1, -a, 1, -a, a, -1, a, -1, -a,
          -a, -a);
    }
  },
  PENTAGON {
    @Override
    String path(double x, double y, double r) {
      return polygon(x, y, 1.2 * r, 0, -1, 0.95, -0.31, 0.59, 0.81, -0.59, 0.81, -0.95, -0.31);
    }
  },
  HOURGLASS {
    @Override
    String path(double x, double y, double r) {
      return polygon(x, y, 1.1 * r, -1, -1, 1, -1, -1, 1, 1, 1);
    }
  };

  /** Path data of the shape, about {@code r} from its centre to its edge. */
  abstract String path(double x, double y, double r);

  private static String start(double x, double y) {
    return "M" + Svg.number(x) + " " + Svg.number(y);
  }

  private static String polygon(double x, double y, double scale, double... corners) {
    StringBuilder path = new StringBuilder();
    for (int i = 0; i < corners.length; i += 2) {
      path.append(i == 0 ? 'M' : 'L')
          .append(Svg.number(x + scale * corners[i]))
          .append(' ')
          .append(Svg.number(y + scale * corners[i + 1]));
    }
    return path.append('z').toString();
  }
}
