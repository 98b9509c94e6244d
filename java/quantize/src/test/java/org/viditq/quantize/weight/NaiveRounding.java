package org.viditq.quantize.weight;

import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.MinMaxGrid;

/** {@link CompensatedRounding} of one output channel, one weight after the other. */
final class NaiveRounding {
  private static final int PASSES = 8;
  private static final int REFITS = 2;

  private final int columns;
  private final int[] order;
  private final double[] second;
  private final double[] feedback;
  private final double[] importance;

  NaiveRounding(CompensatedRounding rounding) {
    columns = rounding.order.length;
    order = rounding.order;
    second = rounding.second;
    feedback = rounding.feedback;
    importance = rounding.importance;
  }

  /**
   * @param weights of an output channel, for the inputs that H is of
   */
  CompensatedRounding.Row round(IntegerFormat format, float[] weights) {
    AffineGrid grid = ShrunkGrids.search(format, weights, importance);
    double scale = grid.scale()[0];
    int zeroPoint = grid.zeroPoint()[0];
    double[] w = new double[columns];
    for (int i = 0; i < columns; i++) {
      w[i] = weights[order[i]];
    }
    CompensatedRounding.Row best =
        descend(format, w, compensate(format, w, scale, zeroPoint), scale, zeroPoint);
    CompensatedRounding.Row fromNearest =
        descend(format, w, nearest(format, w, scale, zeroPoint), scale, zeroPoint);
    if (fromNearest.error() < best.error()) {
      best = fromNearest;
    }
    for (int i = 0; i < REFITS; i++) {
      double refitted = refit(w, best);
      if (!(refitted >= MinMaxGrid.MIN_SCALE)) {
        break;
      }
      CompensatedRounding.Row next =
          descend(format, w, best.codes().clone(), (float) refitted, zeroPoint);
      if (next.error() >= best.error()) {
        break;
      }
      best = next;
    }
    int[] byColumn = new int[columns];
    for (int i = 0; i < columns; i++) {
      byColumn[order[i]] = best.codes()[i];
    }
    return new CompensatedRounding.Row(best.scale(), zeroPoint, byColumn, best.error());
  }

  private int[] compensate(IntegerFormat format, double[] w, double scale, int zeroPoint) {
    double[] wanted = w.clone();
    int[] codes = new int[columns];
    for (int j = columns - 1; j >= 0; j--) {
      codes[j] = code(format, wanted[j], scale, zeroPoint);
      double error = w[j] - (codes[j] - zeroPoint) * scale;
      int at = j * columns;
      for (int i = 0; i < j; i++) {
        wanted[i] += error * feedback[at + i];
      }
    }
    return codes;
  }

  private int[] nearest(IntegerFormat format, double[] w, double scale, int zeroPoint) {
    int[] codes = new int[columns];
    for (int j = 0; j < columns; j++) {
      codes[j] = code(format, w[j], scale, zeroPoint);
    }
    return codes;
  }

  /** Changes single codes, in place, until none helps or eight passes are over. */
  private CompensatedRounding.Row descend(
      IntegerFormat format, double[] w, int[] codes, double scale, int zeroPoint) {
    float stored = (float) scale;
    double[] error = new double[columns];
    double[] slope = new double[columns];
    for (int j = 0; j < columns; j++) {
      error[j] = w[j] - (codes[j] - zeroPoint) * (double) stored;
      add(slope, error[j], j);
    }
    boolean changed = true;
    for (int pass = 0; pass < PASSES && changed; pass++) {
      changed = false;
      for (int j = columns - 1; j >= 0; j--) {
        double best = error[j] - slope[j] / second[j * columns + j];
        int code = code(format, w[j] - best, stored, zeroPoint);
        if (code != codes[j]) {
          double difference = (codes[j] - code) * (double) stored;
          codes[j] = code;
          error[j] += difference;
          add(slope, difference, j);
          changed = true;
        }
      }
    }
    double sum = 0;
    for (int j = 0; j < columns; j++) {
      sum += error[j] * slope[j];
    }
    return new CompensatedRounding.Row(stored, zeroPoint, codes, Math.max(0, sum));
  }

  private void add(double[] slope, double factor, int row) {
    int at = row * columns;
    for (int i = 0; i < columns; i++) {
      slope[i] += factor * second[at + i];
    }
  }

  private double refit(double[] w, CompensatedRounding.Row row) {
    double[] product = new double[columns];
    for (int j = 0; j < columns; j++) {
      int steps = row.codes()[j] - row.zeroPoint();
      if (steps != 0) {
        add(product, steps, j);
      }
    }
    double wanted = 0;
    double own = 0;
    for (int j = 0; j < columns; j++) {
      wanted += w[j] * product[j];
      own += (row.codes()[j] - row.zeroPoint()) * product[j];
    }
    return own > 0 ? wanted / own : Double.NaN;
  }

  private static int code(IntegerFormat format, double value, double scale, int zeroPoint) {
    double steps = Math.rint(value / scale) + zeroPoint;
    return (int) Math.max(format.minCode(), Math.min(format.maxCode(), steps));
  }
}
