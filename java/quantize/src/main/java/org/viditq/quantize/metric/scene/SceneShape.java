package org.viditq.quantize.metric.scene;

import java.util.Locale;

/** The shapes that the sample models were trained on, as signed distance functions. */
enum SceneShape {
  CIRCLE {
    @Override
    double distance(double x, double y, double r) {
      return Math.hypot(x, y) - 0.95 * r;
    }
  },
  SQUARE {
    @Override
    double distance(double x, double y, double r) {
      return box(x, y, 0.8 * r, 0.8 * r) - 0.06 * r;
    }
  },
  TRIANGLE {
    @Override
    double distance(double x, double y, double r) {
      return polygon(x, y, r, TRIANGLE_CORNERS);
    }
  },
  STAR {
    @Override
    double distance(double x, double y, double r) {
      return polygon(x, y, r, STAR_CORNERS);
    }
  },
  RING {
    @Override
    double distance(double x, double y, double r) {
      return Math.abs(Math.hypot(x, y) - 0.72 * r) - 0.25 * r;
    }
  },
  CROSS {
    @Override
    double distance(double x, double y, double r) {
      return Math.min(box(x, y, 0.32 * r, 0.98 * r), box(x, y, 0.98 * r, 0.32 * r));
    }
  };

  /** x and y of each corner, for radius 1. */
  private static final double[] TRIANGLE_CORNERS = {0, -1, 0.98, 0.75, -0.98, 0.75};

  private static final double[] STAR_CORNERS = starCorners();

  /**
   * Signed distance to the outline of a shape around the origin, y pointing down.
   *
   * @param r nominal radius
   * @return negative inside, pixels
   */
  abstract double distance(double x, double y, double r);

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  private static double[] starCorners() {
    double[] corners = new double[20];
    for (int k = 0; k < 10; k++) {
      double angle = Math.PI * k / 5 - Math.PI / 2;
      double radius = k % 2 == 0 ? 1.12 : 0.48;
      corners[2 * k] = radius * Math.cos(angle);
      corners[2 * k + 1] = radius * Math.sin(angle) + 0.06;
    }
    return corners;
  }

  private static double box(double x, double y, double halfWidth, double halfHeight) {
    double dx = Math.abs(x) - halfWidth;
    double dy = Math.abs(y) - halfHeight;
    return Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0);
  }

  /** Nearest edge for the length, number of edges crossed upwards or downwards for the sign. */
  private static double polygon(double x, double y, double r, double[] corners) {
    int count = corners.length / 2;
    double nearest = Double.POSITIVE_INFINITY;
    boolean inside = false;
    for (int i = 0; i < count; i++) {
      int j = (i + count - 1) % count;
      double ax = corners[2 * i] * r;
      double ay = corners[2 * i + 1] * r;
      double ex = corners[2 * j] * r - ax;
      double ey = corners[2 * j + 1] * r - ay;
      double wx = x - ax;
      double wy = y - ay;
      double along = Math.max(0, Math.min(1, (wx * ex + wy * ey) / (ex * ex + ey * ey)));
      nearest = Math.min(nearest, Math.hypot(wx - ex * along, wy - ey * along));
      boolean crosses = y >= ay == y < ay + ey;
      if (crosses && ex * wy > ey * wx == y >= ay) {
        inside = !inside;
      }
    }
    return inside ? -nearest : nearest;
  }
}
