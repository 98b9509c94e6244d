package org.viditq.quantize.weight;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.CholeskyDecomposition_F64;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.MinMaxGrid;

/**
 * Codes of output channels whose errors make up for each other: for a row w and the second moments
 * H of the layer's input, codes q with a small (w - ŵ) H (w - ŵ)ᵀ, the mean squared error that the
 * layer's output has from ŵ = (q - z) Δ.
 *
 * <p>With H = L Lᵀ, L lower triangular, the error is the sum over j of (Σ_{i≥j} (w_i - ŵ_i) L_ij)²:
 * going from the last column to the first, each weight is rounded together with what the errors of
 * those behind it have left over. This is what GPTQ computes (Frantar et al., ICLR 2023, algorithm
 * 1) in the form of LDLQ (Chee et al., "QuIP", NeurIPS 2023, theorem 6), which needs no inverse.
 * Columns are taken by falling H_jj. Two things follow, each of which can only lower the error:
 * single codes change, in order, as long as that helps (coordinate descent), and Δ becomes the best
 * for the codes found, (w H uᵀ) / (u H uᵀ) with u = q - z. The descent begins at the codes rounded
 * to nearest, too, which are better to begin from where few channels go together.
 *
 * <p>The diagonal of H is damped, H_jj (1 + d), so that channels that calibration saw together do
 * not lean on each other alone; a channel never seen counts as its own. The arithmetic is float64,
 * and no result depends on the number of threads.
 */
final class CompensatedRounding {
  private static final int PASSES = 8;
  private static final int REFITS = 2;

  private final int columns;

  /** By falling importance from the last to the first: place → column. */
  private final int[] order;

  /** Damped H in the order of places. */
  private final double[] second;

  /** L_ji / L_ii in the order of places, i &lt; j. */
  private final double[] feedback;

  /** Damped H_cc by column. */
  private final double[] importance;

  private CompensatedRounding(
      int[] order, double[] second, double[] feedback, double[] importance) {
    this.columns = order.length;
    this.order = order;
    this.second = second;
    this.feedback = feedback;
    this.importance = importance;
  }

  /**
   * @param moments H, symmetric and positive semidefinite; not changed
   * @param damping d, above 0
   */
  static CompensatedRounding of(DMatrixRMaj moments, double damping) {
    int columns = moments.numCols;
    double[] diagonal = new double[columns];
    for (int c = 0; c < columns; c++) {
      double own = moments.get(c, c);
      diagonal[c] = own > 0 ? own * (1 + damping) : 0;
    }
    double seen = Arrays.stream(diagonal).filter(own -> own > 0).average().orElse(1);
    // Far below what was seen, or the square roots of products of two such would be zero.
    double floor = seen * 1e-12;
    for (int c = 0; c < columns; c++) {
      diagonal[c] = Math.max(diagonal[c], floor);
    }
    int[] order =
        IntStream.range(0, columns)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer c) -> diagonal[c]))
            .mapToInt(Integer::intValue)
            .toArray();
    DMatrixRMaj damped = new DMatrixRMaj(columns, columns);
    for (int i = 0; i < columns; i++) {
      for (int j = 0; j < columns; j++) {
        damped.data[i * columns + j] =
            i == j ? diagonal[order[i]] : moments.get(order[i], order[j]);
      }
    }
    double[] second = damped.data.clone();
    return new CompensatedRounding(order, second, feedback(damped), diagonal);
  }

  /** Large matrices are decomposed by blocks. */
  private static double[] feedback(DMatrixRMaj damped) {
    int columns = damped.numCols;
    CholeskyDecomposition_F64<DMatrixRMaj> cholesky = DecompositionFactory_DDRM.chol(columns, true);
    double[] feedback = new double[columns * columns];
    if (!cholesky.decompose(damped)) {
      // Beyond what float64 resolves: rounding to nearest, then coordinate descent.
      return feedback;
    }
    DMatrixRMaj lower = cholesky.getT(null);
    for (int j = 0; j < columns; j++) {
      for (int i = 0; i < j; i++) {
        feedback[j * columns + i] = lower.data[j * columns + i] / lower.data[i * columns + i];
      }
    }
    return feedback;
  }

  /**
   * The same for inputs x / s, without another decomposition: H_ij / (s_i s_j), L_ij / s_i.
   *
   * @param s per column, above 0
   */
  CompensatedRounding divided(float[] s) {
    double[] own = new double[columns];
    for (int i = 0; i < columns; i++) {
      own[i] = s[order[i]];
    }
    double[] scaled = new double[second.length];
    double[] fed = new double[second.length];
    for (int j = 0; j < columns; j++) {
      for (int i = 0; i < columns; i++) {
        int at = j * columns + i;
        scaled[at] = second[at] / (own[i] * own[j]);
        if (i < j) {
          fed[at] = feedback[at] * own[i] / own[j];
        }
      }
    }
    double[] diagonal = new double[columns];
    for (int c = 0; c < columns; c++) {
      diagonal[c] = importance[c] / ((double) s[c] * s[c]);
    }
    return new CompensatedRounding(order, scaled, fed, diagonal);
  }

  /**
   * One output channel.
   *
   * @param codes by column
   * @param error (w - ŵ) H (w - ŵ)ᵀ
   */
  record Row(float scale, int zeroPoint, int[] codes, double error) {}

  /**
   * @param weights of an output channel, for the inputs that H is of
   */
  Row round(IntegerFormat format, float[] weights) {
    AffineGrid grid = ShrunkGrids.search(format, weights, importance);
    double scale = grid.scale()[0];
    int zeroPoint = grid.zeroPoint()[0];
    double[] w = new double[columns];
    for (int i = 0; i < columns; i++) {
      w[i] = weights[order[i]];
    }
    Row best = descend(format, w, compensate(format, w, scale, zeroPoint), scale, zeroPoint);
    Row fromNearest = descend(format, w, nearest(format, w, scale, zeroPoint), scale, zeroPoint);
    if (fromNearest.error < best.error) {
      best = fromNearest;
    }
    for (int i = 0; i < REFITS; i++) {
      double refitted = refit(w, best);
      if (!(refitted >= MinMaxGrid.MIN_SCALE)) {
        break;
      }
      Row next = descend(format, w, best.codes.clone(), (float) refitted, zeroPoint);
      if (next.error >= best.error) {
        break;
      }
      best = next;
    }
    int[] byColumn = new int[columns];
    for (int i = 0; i < columns; i++) {
      byColumn[order[i]] = best.codes[i];
    }
    return new Row(best.scale, zeroPoint, byColumn, best.error);
  }

  /**
   * The values of an output channel after a tenth of {@link #round}'s work, without what follows
   * the first codes: enough to compare balancing vectors.
   *
   * @param weights replaced
   */
  void roundRoughly(IntegerFormat format, float[] weights) {
    AffineGrid grid = ShrunkGrids.search(format, weights, importance);
    double[] w = new double[columns];
    for (int i = 0; i < columns; i++) {
      w[i] = weights[order[i]];
    }
    int[] codes = compensate(format, w, grid.scale()[0], grid.zeroPoint()[0]);
    for (int i = 0; i < columns; i++) {
      weights[order[i]] = grid.decode(0, codes[i]);
    }
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

  /** Changes single codes, in place, until none helps or {@value #PASSES} passes are over. */
  private Row descend(IntegerFormat format, double[] w, int[] codes, double scale, int zeroPoint) {
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
    return new Row(stored, zeroPoint, codes, Math.max(0, sum));
  }

  private void add(double[] slope, double factor, int row) {
    int at = row * columns;
    for (int i = 0; i < columns; i++) {
      slope[i] += factor * second[at + i];
    }
  }

  private double refit(double[] w, Row row) {
    double[] product = new double[columns];
    for (int j = 0; j < columns; j++) {
      int steps = row.codes[j] - row.zeroPoint;
      if (steps != 0) {
        add(product, steps, j);
      }
    }
    double wanted = 0;
    double own = 0;
    for (int j = 0; j < columns; j++) {
      wanted += w[j] * product[j];
      own += (row.codes[j] - row.zeroPoint) * product[j];
    }
    return own > 0 ? wanted / own : Double.NaN;
  }

  private static int code(IntegerFormat format, double value, double scale, int zeroPoint) {
    double steps = Math.rint(value / scale) + zeroPoint;
    return (int) Math.max(format.minCode(), Math.min(format.maxCode(), steps));
  }
}
