package org.viditq.bench.gemm;

import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.tensor.Tensor;
import org.viditq.cpp.InstructionSet;
import org.viditq.cpp.NativeOperators;
import org.viditq.cpp.NativeTensor;

/** A linear layer of the native backend. */
final class NativeLayer implements Contender {
  private final String name;
  private final NativeOperators operators;
  private final NativeTensor x;
  private final Linear layer;

  NativeLayer(String name, InstructionSet isa, int threads, Tensor x, LinearParameters parameters) {
    this.name = name;
    this.operators = new NativeOperators(threads, isa);
    this.x = operators.constant(x);
    this.layer = operators.prepare(parameters);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void run() {
    operators.linear(x, layer).close();
  }

  @Override
  public void close() {
    operators.close();
  }
}
