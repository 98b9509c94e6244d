package org.viditq.bench.gemm;

/** One way to compute a shape's product, prepared. */
interface Contender extends AutoCloseable {
  /** As tables and JSON call it. */
  String name();

  /** Computes it once, from float32 rows to float32 rows. */
  void run();

  @Override
  void close();
}
