package org.viditq.quantize.weight;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRBlock;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.block.MatrixOps_DDRB;
import org.ejml.dense.block.decomposition.chol.CholeskyOuterForm_MT_DDRB;
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
 * every sum in the order of places, and no result depends on the number of threads or on which
 * channels are rounded together.
 */
final class CompensatedRounding {
  private static final int PASSES = 8;
  private static final int REFITS = 2;

  /** From here on matrices are decomposed by blocks. */
  private static final int LARGE = 1000;

  /** Places whose changes wait to be added to the slopes of others. */
  private static final int BLOCK = 64;

  /** Slopes that changes of all channels are added to while these rows of H are at hand. */
  private static final int TILE = 512;

  private final int columns;

  /** By falling importance from the last to the first: place → column. */
  final int[] order;

  /** Damped H in the order of places. */
  final double[] second;

  /** L_ji / L_ii in the order of places, i &lt; j. */
  final double[] feedback;

  /** Damped H_cc by column. */
  final double[] importance;

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

  private static double[] feedback(DMatrixRMaj damped) {
    int columns = damped.numCols;
    Optional<DMatrixRMaj> factor = columns < LARGE ? cholesky(damped) : choleskyOfBlocks(damped);
    if (factor.isEmpty()) {
      // Beyond what float64 resolves: rounding to nearest, then coordinate descent.
      return new double[columns * columns];
    }
    double[] lower = factor.get().data;
    double[] own = new double[columns];
    for (int i = 0; i < columns; i++) {
      own[i] = lower[i * columns + i];
    }
    for (int j = 0; j < columns; j++) {
      for (int i = 0; i < j; i++) {
        lower[j * columns + i] /= own[i];
      }
    }
    return lower;
  }

  private static Optional<DMatrixRMaj> cholesky(DMatrixRMaj damped) {
    CholeskyDecomposition_F64<DMatrixRMaj> cholesky =
        DecompositionFactory_DDRM.chol(damped.numCols, true);
    return cholesky.decompose(damped) ? Optional.of(cholesky.getT(null)) : Optional.empty();
  }

  /** On all cores, which share blocks but no sums; in place. */
  private static Optional<DMatrixRMaj> choleskyOfBlocks(DMatrixRMaj damped) {
    DMatrixRBlock blocks = MatrixOps_DDRB.convert(damped);
    CholeskyOuterForm_MT_DDRB cholesky = new CholeskyOuterForm_MT_DDRB(true);
    return cholesky.decompose(blocks)
        ? Optional.of(MatrixOps_DDRB.convert(cholesky.getT(null), damped))
        : Optional.empty();
  }

  /**
   * One output channel.
   *
   * @param codes by column
   * @param error (w - ŵ) H (w - ŵ)ᵀ
   */
  record Row(float scale, int zeroPoint, int[] codes, double error) {}

  /**
   * Several output channels, each by itself; together they read H once.
   *
   * @param weights [channels][in], for the inputs that H is of
   */
  Row[] round(IntegerFormat format, float[][] weights) {
    Channel[] compensated = new Channel[weights.length];
    Channel[] nearest = new Channel[weights.length];
    for (int r = 0; r < weights.length; r++) {
      AffineGrid grid = ShrunkGrids.search(format, weights[r], importance);
      double[] w = inOrder(weights[r]);
      compensated[r] = new Channel(format, w, grid.scale()[0], grid.zeroPoint()[0]);
      nearest[r] = new Channel(format, w, grid.scale()[0], grid.zeroPoint()[0]);
      nearest[r].round();
    }
    compensate(compensated, null);
    descend(compensated);
    descend(nearest);
    Channel[] best = new Channel[weights.length];
    for (int r = 0; r < best.length; r++) {
      best[r] = nearest[r].sum < compensated[r].sum ? nearest[r] : compensated[r];
    }
    boolean[] done = new boolean[best.length];
    for (int i = 0; i < REFITS; i++) {
      refit(best, done);
    }
    Row[] rows = new Row[best.length];
    for (int r = 0; r < rows.length; r++) {
      int[] byColumn = new int[columns];
      for (int c = 0; c < columns; c++) {
        byColumn[order[c]] = best[r].codes[c];
      }
      rows[r] = new Row((float) best[r].scale, best[r].zeroPoint, byColumn, best[r].sum);
    }
    return rows;
  }

  /**
   * The values of output channels after a tenth of {@link #round}'s work, without what follows the
   * first codes: enough to compare balancing vectors.
   *
   * @param weights [channels][in] for inputs x / s, x being those that H is of; replaced
   * @param s per column, above 0
   */
  void roundRoughly(IntegerFormat format, float[][] weights, float[] s) {
    double[] divided = new double[columns];
    double[] own = new double[columns];
    for (int c = 0; c < columns; c++) {
      divided[c] = importance[c] / ((double) s[c] * s[c]);
    }
    for (int i = 0; i < columns; i++) {
      own[i] = s[order[i]];
    }
    AffineGrid[] grids = new AffineGrid[weights.length];
    Channel[] channels = new Channel[weights.length];
    for (int r = 0; r < weights.length; r++) {
      grids[r] = ShrunkGrids.search(format, weights[r], divided);
      channels[r] =
          new Channel(format, inOrder(weights[r]), grids[r].scale()[0], grids[r].zeroPoint()[0]);
    }
    compensate(channels, own);
    for (int r = 0; r < weights.length; r++) {
      for (int i = 0; i < columns; i++) {
        weights[r][order[i]] = grids[r].decode(0, channels[r].codes[i]);
      }
    }
  }

  private double[] inOrder(float[] weights) {
    double[] w = new double[columns];
    for (int i = 0; i < columns; i++) {
      w[i] = weights[order[i]];
    }
    return w;
  }

  /** An output channel while its codes are found, in the order of places. */
  private static final class Channel {
    final IntegerFormat format;
    final double[] w;
    final double scale;
    final int zeroPoint;
    final int[] codes;

    /** w - ŵ. */
    final double[] error;

    /** Places of a block whose weight changed, and by how much. */
    final int[] changed = new int[BLOCK];

    final double[] change = new double[BLOCK];
    int changes;

    /** H (w - ŵ)ᵀ, or what is wanted of the weights before they are rounded. */
    double[] slope;

    /** (w - ŵ) H (w - ŵ)ᵀ. */
    double sum;

    boolean moving;

    Channel(IntegerFormat format, double[] w, double scale, int zeroPoint) {
      this(format, w, scale, zeroPoint, new int[w.length]);
    }

    Channel(IntegerFormat format, double[] w, double scale, int zeroPoint, int[] codes) {
      this.format = format;
      this.w = w;
      this.scale = scale;
      this.zeroPoint = zeroPoint;
      this.codes = codes;
      this.error = new double[w.length];
    }

    int code(double value) {
      double steps = Math.rint(value / scale) + zeroPoint;
      return (int) Math.max(format.minCode(), Math.min(format.maxCode(), steps));
    }

    /** To nearest. */
    void round() {
      for (int j = 0; j < w.length; j++) {
        codes[j] = code(w[j]);
      }
    }

    void changes(int place, double by) {
      changed[changes] = place;
      change[changes++] = by;
    }
  }

  /**
   * First codes, from the last place to the first.
   *
   * @param s divisors of the inputs by place, which weights were multiplied by; null for 1
   */
  private void compensate(Channel[] channels, double[] s) {
    for (Channel channel : channels) {
      channel.slope = channel.w.clone();
      if (s != null) {
        // Errors of w s count as those of w, which H is for.
        for (int i = 0; i < columns; i++) {
          channel.slope[i] /= s[i];
        }
      }
    }
    for (int to = columns; to > 0; to -= BLOCK) {
      int from = Math.max(0, to - BLOCK);
      for (Channel channel : channels) {
        channel.changes = 0;
        for (int j = to - 1; j >= from; j--) {
          double own = s == null ? 1 : s[j];
          channel.codes[j] = channel.code(channel.slope[j] * own);
          double error =
              (channel.w[j] - (channel.codes[j] - channel.zeroPoint) * channel.scale) / own;
          RowSums.add(channel.slope, from, j, feedback, columns, j, error);
          channel.changes(j, error);
        }
      }
      spread(channels, feedback, 0, from);
    }
  }

  /**
   * Changes single codes until none helps or {@value #PASSES} passes are over, each from the last
   * place to the first. Finds errors, slopes and sums.
   */
  private void descend(Channel[] channels) {
    for (Channel channel : channels) {
      channel.slope = new double[columns];
      channel.moving = true;
    }
    for (int from = 0; from < columns; from += BLOCK) {
      int to = Math.min(columns, from + BLOCK);
      for (Channel channel : channels) {
        channel.changes = 0;
        for (int j = from; j < to; j++) {
          channel.error[j] = channel.w[j] - (channel.codes[j] - channel.zeroPoint) * channel.scale;
          channel.changes(j, channel.error[j]);
        }
      }
      spread(channels, second, 0, columns);
    }
    Channel[] moving = channels;
    for (int pass = 0; pass < PASSES && moving.length > 0; pass++) {
      for (Channel channel : moving) {
        channel.moving = false;
      }
      for (int to = columns; to > 0; to -= BLOCK) {
        int from = Math.max(0, to - BLOCK);
        for (Channel channel : moving) {
          change(channel, from, to);
        }
        spread(moving, second, 0, from);
        spread(moving, second, to, columns);
      }
      moving = Arrays.stream(moving).filter(channel -> channel.moving).toArray(Channel[]::new);
    }
    for (Channel channel : channels) {
      channel.sum = 0;
      for (int j = 0; j < columns; j++) {
        channel.sum += channel.error[j] * channel.slope[j];
      }
      channel.sum = Math.max(0, channel.sum);
    }
  }

  /** Changes codes of a block; slopes outside of it are left to {@link #spread}. */
  private void change(Channel channel, int from, int to) {
    channel.changes = 0;
    for (int j = to - 1; j >= from; j--) {
      double best = channel.error[j] - channel.slope[j] / second[j * columns + j];
      int code = channel.code(channel.w[j] - best);
      if (code != channel.codes[j]) {
        double difference = (channel.codes[j] - code) * channel.scale;
        channel.codes[j] = code;
        channel.error[j] += difference;
        RowSums.add(channel.slope, from, to, second, columns, j, difference);
        channel.changes(j, difference);
        channel.moving = true;
      }
    }
  }

  /** Adds the changes of a block to the slopes in some places. */
  private void spread(Channel[] channels, double[] matrix, int from, int to) {
    for (int start = from; start < to; start += TILE) {
      int end = Math.min(to, start + TILE);
      for (Channel channel : channels) {
        RowSums.add(
            channel.slope,
            start,
            end,
            matrix,
            columns,
            channel.changed,
            channel.change,
            channel.changes);
      }
    }
  }

  /**
   * Takes the best Δ for the codes of each channel, and descends again; those that this does not
   * help stay and are done.
   */
  private void refit(Channel[] best, boolean[] done) {
    double[] refitted = scales(best, done);
    int[] which =
        IntStream.range(0, best.length)
            .filter(r -> !done[r] && refitted[r] >= MinMaxGrid.MIN_SCALE)
            .toArray();
    Channel[] next = new Channel[which.length];
    for (int i = 0; i < which.length; i++) {
      Channel old = best[which[i]];
      next[i] =
          new Channel(
              old.format, old.w, (float) refitted[which[i]], old.zeroPoint, old.codes.clone());
    }
    descend(next);
    Arrays.fill(done, true);
    for (int i = 0; i < which.length; i++) {
      if (next[i].sum < best[which[i]].sum) {
        best[which[i]] = next[i];
        done[which[i]] = false;
      }
    }
  }

  /** (w H uᵀ) / (u H uᵀ) with u = q - z of those that are not done; NaN where there is none. */
  private double[] scales(Channel[] best, boolean[] done) {
    Channel[] steps =
        IntStream.range(0, best.length)
            .filter(r -> !done[r])
            .mapToObj(r -> best[r])
            .toArray(Channel[]::new);
    for (Channel channel : steps) {
      channel.slope = new double[columns];
    }
    for (int from = 0; from < columns; from += BLOCK) {
      int to = Math.min(columns, from + BLOCK);
      for (Channel channel : steps) {
        channel.changes = 0;
        for (int j = from; j < to; j++) {
          if (channel.codes[j] != channel.zeroPoint) {
            channel.changes(j, channel.codes[j] - channel.zeroPoint);
          }
        }
      }
      spread(steps, second, 0, columns);
    }
    double[] scales = new double[best.length];
    for (int r = 0; r < best.length; r++) {
      double wanted = 0;
      double own = 0;
      for (int j = 0; !done[r] && j < columns; j++) {
        wanted += best[r].w[j] * best[r].slope[j];
        own += (best[r].codes[j] - best[r].zeroPoint) * best[r].slope[j];
      }
      scales[r] = own > 0 ? wanted / own : Double.NaN;
    }
    return scales;
  }
}
