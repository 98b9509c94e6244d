package org.viditq.bench;

import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The model whose shapes are measured. */
@State(Scope.Benchmark)
public class SizeState {
  @Param public ModelSize size;
}
