package org.viditq.core.pipeline;

import java.util.Optional;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.embedding.SizeConditions;
import org.viditq.core.model.layer.TextTokens;
import org.viditq.core.model.pixart.PixArtConfig;
import org.viditq.core.model.pixart.PixArtTransformer;
import org.viditq.core.operators.NonFiniteTracer;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Tensor;

/** A PixArt transformer on a backend that computes at once. */
public final class PixArtDenoiser<V> implements Denoiser {
  private final PixArtTransformer<V> transformer;
  private final NonFiniteTracer<V> operators;
  private final Runnable release;

  /**
   * Prepares a transformer.
   *
   * @param release run when the denoiser is closed: frees what it was made of
   * @throws org.viditq.core.error.InvalidCheckpointException naming a missing or misshaped tensor
   * @throws org.viditq.core.error.NonFiniteException naming a layer with NaN or infinity
   */
  public PixArtDenoiser(
      PixArtConfig config, Parameters parameters, Operators<V> operators, Runnable release) {
    this.operators = new NonFiniteTracer<>(operators);
    this.transformer = new PixArtTransformer<>(config, parameters, this.operators);
    this.release = release;
  }

  @Override
  public int latentChannels() {
    return transformer.config().inChannels();
  }

  @Override
  public int outputChannels() {
    return transformer.config().outChannels();
  }

  /**
   * {@inheritDoc}
   *
   * @throws org.viditq.core.error.NonFiniteException if it holds NaN or infinity, naming the
   *     operator that was the first to give one
   */
  @Override
  public Tensor predict(DenoiserInput input) {
    return operators.finite(
        "the denoiser at timestep " + input.timestep(), () -> prediction(input));
  }

  private Tensor prediction(DenoiserInput input) {
    int batch = input.latents().dim(0);
    operators.selectTimestep(input.timestep());
    try (Scope<V> scope = operators.scope()) {
      V prediction =
          transformer.forward(
              operators.constant(input.latents()),
              operators.constant(Tensor.full((float) input.timestep(), batch)),
              text(input, batch),
              sizeConditions(input, batch));
      return operators.read(prediction);
    }
  }

  /** The encoding is several times as large as what is kept of it. */
  private TextTokens<V> text(DenoiserInput input, int batch) {
    try (Scope<V> scope = operators.scope()) {
      V encoded = operators.constant(input.captions().values());
      V mask = operators.constant(input.captions().mask());
      return transformer.project(encoded, batch, Optional.of(mask)).keptBy(scope);
    }
  }

  private Optional<SizeConditions<V>> sizeConditions(DenoiserInput input, int batch) {
    if (!transformer.config().sizeConditions()) {
      return Optional.empty();
    }
    float[] resolution = new float[2 * batch];
    for (int i = 0; i < batch; i++) {
      resolution[2 * i] = input.height();
      resolution[2 * i + 1] = input.width();
    }
    float ratio = (float) ((double) input.height() / input.width());
    return Optional.of(
        new SizeConditions<>(
            operators.constant(Tensor.of(resolution, batch, 2)),
            operators.constant(Tensor.full(ratio, batch, 1))));
  }

  @Override
  public void close() {
    release.run();
  }
}
