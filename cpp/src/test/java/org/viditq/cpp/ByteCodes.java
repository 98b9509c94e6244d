package org.viditq.cpp;

import org.viditq.core.quant.WeightCodes;

/** Weight codes one per byte, row by row. */
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
