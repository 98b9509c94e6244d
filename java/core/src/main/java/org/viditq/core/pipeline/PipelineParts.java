package org.viditq.core.pipeline;

import java.util.Optional;
import java.util.function.Supplier;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.bert.BertConfig;
import org.viditq.core.model.t5.T5Config;
import org.viditq.core.model.vae.AutoencoderKl;
import org.viditq.core.model.vae.AutoencoderKlConfig;
import org.viditq.core.operators.NonFiniteTracer;
import org.viditq.core.operators.Operators;

/**
 * Makes the networks of one part of a pipeline: as a whole where that is given, on operators
 * otherwise, which are opened when they are needed. What it makes is closed before it.
 */
final class PipelineParts implements TextEncoders, AutoCloseable {
  private final Supplier<? extends Operators<?>> backend;
  private final Optional<? extends Networks> networks;
  private Operators<?> operators;

  PipelineParts(
      Supplier<? extends Operators<?>> backend, Optional<Supplier<? extends Networks>> networks) {
    this.backend = backend;
    this.networks = networks.map(Supplier::get);
  }

  @Override
  public TextNetwork t5(T5Config config, Parameters parameters) {
    return networks
        .flatMap(whole -> whole.t5(config, parameters))
        .orElseGet(() -> new OperatorTextEncoders<>(operators()).t5(config, parameters));
  }

  @Override
  public TextNetwork bert(BertConfig config, Parameters parameters) {
    return networks
        .flatMap(whole -> whole.bert(config, parameters))
        .orElseGet(() -> new OperatorTextEncoders<>(operators()).bert(config, parameters));
  }

  DecoderNetwork decoder(AutoencoderKlConfig config, Parameters parameters) {
    return networks
        .flatMap(whole -> whole.decoder(config, parameters))
        .orElseGet(() -> decoder(config, parameters, operators()));
  }

  static <V> DecoderNetwork decoder(
      AutoencoderKlConfig config, Parameters parameters, Operators<V> operators) {
    NonFiniteTracer<V> traced = new NonFiniteTracer<>(operators);
    return new OperatorDecoder<>(AutoencoderKl.decoder(config, parameters, traced), traced);
  }

  /**
   * @param release run when the denoiser is closed
   */
  Denoiser denoiser(DenoiserModel model, Parameters parameters, Runnable release) {
    return networks
        .flatMap(whole -> whole.denoiser(model, parameters, release))
        .orElseGet(() -> new ModelDenoiser<>(model, parameters, operators(), release));
  }

  /** See {@link LoadedPart#releaseIdleMemory()}. */
  void releaseIdleMemory() {
    if (operators != null) {
      operators.releaseIdleMemory();
    }
  }

  private Operators<?> operators() {
    if (operators == null) {
      operators = backend.get();
    }
    return operators;
  }

  @Override
  public void close() {
    try {
      if (operators != null) {
        operators.close();
      }
    } finally {
      networks.ifPresent(Networks::close);
    }
  }
}
