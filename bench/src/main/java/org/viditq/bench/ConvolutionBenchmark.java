package org.viditq.bench;

import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.viditq.core.operators.Convolution;
import org.viditq.core.operators.Operators;

/**
 * Convolutions around the blocks: the patch embedding, and a 3x3 convolution of the VAE's decoder
 * at the latent's extents.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Benchmark)
public class ConvolutionBenchmark {
  private Workload workload;
  private Supplier<?> convolution;
  private Supplier<?> patchEmbedding;

  @Setup(Level.Trial)
  public void prepare(BackendState backend, SizeState model) {
    workload = new Workload(model.size);
    convolution = backend.bind(this::convolution);
    patchEmbedding = backend.bind(this::patchEmbedding);
  }

  private <V> Supplier<V> convolution(Operators<V> operators) {
    V x = operators.constant(workload.latent(1, workload.size().vaeChannels()));
    Convolution decoder = operators.prepare(workload.decoderConvolution());
    return () -> operators.convolution(x, decoder);
  }

  private <V> Supplier<V> patchEmbedding(Operators<V> operators) {
    V x = operators.constant(workload.latent(Workload.BATCH, Workload.LATENT_CHANNELS));
    Convolution projection = operators.prepare(workload.patchProjection());
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
