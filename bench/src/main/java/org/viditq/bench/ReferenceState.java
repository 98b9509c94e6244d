package org.viditq.bench;

import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.viditq.reference.ReferenceOperators;

/** The reference backend, open for a trial. */
@State(Scope.Benchmark)
public class ReferenceState {
  private static final long WEIGHT_CACHE_BYTES = 256L << 20;

  @Param("1")
  public int threads;

  ReferenceOperators operators;

  @Setup(Level.Trial)
  public void open() {
    operators = new ReferenceOperators(threads, WEIGHT_CACHE_BYTES);
  }

  @TearDown(Level.Trial)
  public void close() {
    operators.close();
  }
}
