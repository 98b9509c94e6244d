package org.viditq.reference;

import org.ejml.data.DMatrixRMaj;

/**
 * A product whose left factor is made, and whose result is used, block of rows by block of rows.
 */
final class BlockedProduct {
  /** Rows per block: enough to reuse B from the cache, few enough for many threads. */
  private static final int BLOCK_ROWS = 16;

  private BlockedProduct() {}

  /** Writes rows from (inclusive) to (exclusive) of the left factor, densely from position 0. */
  @FunctionalInterface
  interface RowSource {
    void fill(int from, int to, double[] block);
  }

  /** Takes rows from (inclusive) to (exclusive) of the product, densely from position 0. */
  @FunctionalInterface
  interface RowSink {
    void take(int from, int to, double[] block);
  }

  /**
   * The product of {@code rows} rows by {@code right}; never holds more than a block per thread.
   */
  static void compute(
      Workers workers, int rows, DMatrixRMaj right, RowSource source, RowSink sink) {
    workers.forEachBlock(
        rows,
        BLOCK_ROWS,
        (from, to) -> {
          DMatrixRMaj left = new DMatrixRMaj(to - from, right.numRows);
          source.fill(from, to, left.data);
          sink.take(from, to, Product.of(left, right).data);
        });
  }
}
