package org.viditq.core.adapter;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.viditq.core.checkpoint.ForwardingTensor;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.NonFiniteScan;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.Printable;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Tensor;

/**
 * A weight with the changes of adapters added, computed in float32 whenever it is read. Of it, only
 * the low-rank factors stay in memory.
 */
final class MergedTensor extends ForwardingTensor {
  private final StoredTensor original;
  private final List<RowsUpdate> updates;
  private final DType dtype;

  /** The factors as numbers; made when they are first needed. */
  private volatile List<Update> numbers;

  private record Update(RowsUpdate rows, int rank, int inputs, float[] down, float[] up) {
    /** Adds row {@code row} of the change, from its column {@code column} on. */
    void addTo(int row, int column, float[] destination, int offset, int count) {
      float[] sum = new float[count];
      for (int k = 0; k < rank; k++) {
        float weight = up[row * rank + k];
        int from = k * inputs + column;
        for (int i = 0; i < count; i++) {
          sum[i] += weight * down[from + i];
        }
      }
      double factor = rows.change().factor();
      for (int i = 0; i < count; i++) {
        destination[offset + i] = (float) (destination[offset + i] + factor * sum[i]);
      }
    }
  }

  /**
   * @param dtype what its bytes are; what is {@linkplain #copyTo copied} is not rounded to it
   */
  MergedTensor(StoredTensor original, List<RowsUpdate> updates, DType dtype) {
    super(original);
    this.original = original;
    this.updates = updates;
    this.dtype = dtype;
  }

  @Override
  public DType dtype() {
    return dtype;
  }

  @Override
  public ByteBuffer bytes() {
    Tensor merged = toTensor();
    MemoryTensor stored = MemoryTensor.of(name(), merged, dtype);
    if (dtype != DType.F32 && merged.isFinite() && NonFiniteScan.found(stored)) {
      throw new NonFiniteException(
          "With the adapters merged, tensor "
              + Printable.name(name())
              + " holds values beyond the range of "
              + dtype
              + "; choose a type of larger range with --dtype.");
    }
    return stored.bytes();
  }

  @Override
  public void copyTo(int start, float[] destination, int offset, int count) {
    Objects.checkFromIndexSize(start, count, shape().size());
    original.copyTo(start, destination, offset, count);
    for (Update update : numbers()) {
      RowsUpdate rows = update.rows();
      int inputs = update.inputs();
      int first = Math.max(start / inputs, rows.toRow());
      int end = Math.min((start + count + inputs - 1) / inputs, rows.toRow() + rows.count());
      for (int row = first; row < end; row++) {
        int from = Math.max(start, row * inputs);
        int to = Math.min(start + count, (row + 1) * inputs);
        update.addTo(
            row - rows.toRow() + rows.fromRow(),
            from - row * inputs,
            destination,
            offset + from - start,
            to - from);
      }
    }
  }

  private List<Update> numbers() {
    if (numbers == null) {
      List<Update> read = new ArrayList<>();
      for (RowsUpdate update : updates) {
        LowRank change = update.change();
        read.add(
            new Update(
                update,
                change.rank(),
                change.inputs(),
                finite(change.down(), change),
                finite(change.up(), change)));
      }
      numbers = read;
    }
    return numbers;
  }

  private static float[] finite(StoredTensor factor, LowRank change) {
    Tensor values = factor.toTensor();
    if (!values.isFinite()) {
      throw new NonFiniteException(
          "Tensor "
              + Printable.name(factor.name())
              + " of "
              + change.source()
              + " holds NaN or infinity; the adapter is damaged.");
    }
    return values.data();
  }
}
