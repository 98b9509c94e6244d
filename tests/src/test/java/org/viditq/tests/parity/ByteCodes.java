package org.viditq.tests.parity;

import org.viditq.core.quant.WeightCodes;

/** Weight codes in an array, [rows, columns]. */
record ByteCodes(int rows, int columns, byte[] codes) implements WeightCodes {
  @Override
  public void copyRow(int row, byte[] destination, int offset) {
    System.arraycopy(codes, row * columns, destination, offset, columns);
  }

  @Override
  public long sizeInBytes() {
    return codes.length;
  }
}
