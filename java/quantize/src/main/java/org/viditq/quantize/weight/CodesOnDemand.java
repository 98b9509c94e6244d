package org.viditq.quantize.weight;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.CodeLayout;
import org.viditq.core.quant.Rotation;
import org.viditq.core.quant.StoredCodes;
import org.viditq.quantize.balance.BalancedRows;

/**
 * Codes of a weight on a known grid, made from the weight each time that they are asked for and not
 * kept. The weight's checkpoint must be open then.
 */
final class CodesOnDemand implements CheckpointCodes {
  private final StoredTensor weight;
  private final Optional<float[]> balance;
  private final Optional<Rotation> rotation;
  private final AffineGrid grid;
  private final int columns;

  /**
   * @param weight [out, ...]
   * @param balance s per column, multiplied to the weight first; empty for none
   * @param rotation of the balanced weight; empty for none
   * @param grid one group per output channel
   */
  CodesOnDemand(
      StoredTensor weight,
      Optional<float[]> balance,
      Optional<Rotation> rotation,
      AffineGrid grid) {
    this.weight = weight;
    this.balance = balance;
    this.rotation = rotation;
    this.grid = grid;
    this.columns = BalancedRows.columns(weight);
  }

  /** All of them, on the heap. */
  StoredWeightCodes encode() {
    BalancedRows rows = new BalancedRows(weight, balance, rotation);
    StoredWeightCodes codes = StoredWeightCodes.allocate(grid.format(), rows(), columns);
    int[] row = new int[columns];
    for (int r = 0; r < rows(); r++) {
      encode(rows, r, row);
      codes.putRow(r, row);
    }
    return codes;
  }

  private void encode(BalancedRows rows, int row, int[] codes) {
    float[] values = rows.read(row);
    for (int c = 0; c < columns; c++) {
      codes[c] = grid.encode(row, values[c]);
    }
  }

  @Override
  public int rows() {
    return weight.shape().dim(0);
  }

  @Override
  public int columns() {
    return columns;
  }

  @Override
  public void copyRow(int row, byte[] destination, int offset) {
    copyRows(row, 1, destination, offset, columns);
  }

  @Override
  public void copyRows(int first, int count, byte[] destination, int offset, int step) {
    BalancedRows rows = new BalancedRows(weight, balance, rotation);
    int[] codes = new int[columns];
    for (int i = 0; i < count; i++) {
      encode(rows, first + i, codes);
      for (int c = 0; c < columns; c++) {
        destination[offset + i * step + c] = (byte) codes[c];
      }
    }
  }

  @Override
  public CodeLayout layout() {
    return CodeLayout.of(grid.format());
  }

  @Override
  public ByteBuffer bytes() {
    return encode().bytes();
  }

  @Override
  public Optional<StoredCodes> stored() {
    return encode().stored();
  }

  @Override
  public long sizeInBytes() {
    return (long) rows() * layout().rowBytes(columns);
  }
}
