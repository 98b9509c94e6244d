package org.viditq.bench.gemm;

import java.util.Optional;
import java.util.Random;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.tensor.Tensor;
import org.viditq.cpp.InstructionSet;
import org.viditq.cpp.NativeOperators;
import org.viditq.cpp.NativeTensor;

/** Attention of the native backend in one precision, on random q, k and v. */
final class NativeAttentionCall implements Contender {
  private final AttentionPrecision precision;
  private final AttentionShape shape;
  private final NativeOperators operators;
  private final NativeTensor q;
  private final NativeTensor k;
  private final NativeTensor v;
  private final float scale;

  NativeAttentionCall(AttentionPrecision precision, AttentionShape shape, int threads) {
    this.precision = precision;
    this.shape = shape;
    this.operators = new NativeOperators(threads, InstructionSet.choose());
    int channels = shape.heads() * shape.headChannels();
    this.q = operators.constant(random(1, shape.batch(), shape.queries(), channels));
    this.k = operators.constant(random(2, shape.batch(), shape.keys(), channels));
    this.v = operators.constant(random(3, shape.batch(), shape.keys(), channels));
    this.scale = (float) (1 / Math.sqrt(shape.headChannels()));
  }

  private static Tensor random(long seed, int... dims) {
    Random random = new Random(seed);
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = (float) random.nextGaussian();
    }
    return tensor;
  }

  @Override
  public String name() {
    return precision.toString();
  }

  @Override
  public void run() {
    operators.attention(q, k, v, shape.heads(), scale, Optional.empty(), precision).close();
  }

  @Override
  public void close() {
    operators.close();
  }
}
