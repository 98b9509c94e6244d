package org.viditq.bench;

import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.viditq.core.operators.Convolution;
import org.viditq.core.operators.Operators;

/**
 * Convolutions around the blocks: the patch embedding, and a 3x3 convolution of the VAE's decoder
 * at the latent's extents.
 */
public class ConvolutionBenchmark extends OperatorBenchmark {
  private Supplier<?> convolution;
  private Supplier<?> patchEmbedding;

  @Override
  void bind(BackendState backend) {
    convolution = backend.bind(this::convolution);
    patchEmbedding = backend.bind(this::patchEmbedding);
  }

  private <V> Supplier<V> convolution(Operators<V> operators) {
    V x = operators.constant(workload().latent(1, workload().size().vaeChannels()));
    Convolution decoder = operators.prepare(workload().decoderConvolution());
    return () -> operators.convolution(x, decoder);
  }

  private <V> Supplier<V> patchEmbedding(Operators<V> operators) {
    V x = operators.constant(workload().latent(Workload.BATCH, Workload.LATENT_CHANNELS));
    Convolution projection = operators.prepare(workload().patchProjection());
    return () -> operators.patchEmbedding(x, projection);
  }

  @Benchmark
  public Object convolution() {
    return convolution.get();
  }

  @Benchmark
  public Object patchEmbedding() {
    return patchEmbedding.get();
  }
}
