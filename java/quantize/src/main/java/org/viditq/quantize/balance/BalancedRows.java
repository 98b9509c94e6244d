package org.viditq.quantize.balance;

import java.util.Optional;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.quant.Rotation;

/** Rows of W * diag(s), rotated, one at a time; axes of W behind the first are flattened. */
public final class BalancedRows {
  private final StoredTensor weight;
  private final Optional<float[]> balance;
  private final Optional<Rotation> rotation;
  private final int count;
  private final int columns;
  private final float[] buffer;

  /**
   * @param weight [out, ...]
   * @param balance s, a factor per column; empty for none
   * @throws ShapeException if there is not one factor per column
   */
  public BalancedRows(StoredTensor weight, Optional<float[]> balance) {
    this(weight, balance, Optional.empty());
  }

  /**
   * As {@link #BalancedRows(StoredTensor, Optional)}.
   *
   * @param rotation of W * diag(s); empty for none
   */
  public BalancedRows(StoredTensor weight, Optional<float[]> balance, Optional<Rotation> rotation) {
    this.weight = weight;
    this.balance = balance;
    this.rotation = rotation;
    this.count = weight.shape().dim(0);
    this.columns = columns(weight);
    this.buffer = new float[columns];
    if (balance.isPresent() && balance.get().length != columns) {
      throw new ShapeException(
          "Weight "
              + weight.name()
              + " has "
              + columns
              + " input channels but "
              + balance.get().length
              + " balancing factors.");
    }
  }

  /** Input channels of a weight [out, ...]. */
  public static int columns(StoredTensor weight) {
    int rows = weight.shape().dim(0);
    return rows == 0 ? 0 : weight.shape().size() / rows;
  }

  /** Output channels. */
  public int count() {
    return count;
  }

  /**
   * One row of W * diag(s), rotated. The buffer is reused by the next call.
   *
   * @throws NonFiniteException if the row holds NaN or infinity, naming the weight and the place
   */
  public float[] read(int row) {
    weight.copyTo(row * columns, buffer, 0, columns);
    for (int c = 0; c < columns; c++) {
      if (balance.isPresent()) {
        buffer[c] *= balance.get()[c];
      }
      if (!Float.isFinite(buffer[c])) {
        throw new NonFiniteException(
            "Weight "
                + weight.name()
                + " holds NaN or infinity at output channel "
                + row
                + ", input channel "
                + c
                + "; the checkpoint is damaged.");
      }
    }
    return rotation.map(r -> r.rotate(buffer, columns)).orElse(buffer);
  }
}
