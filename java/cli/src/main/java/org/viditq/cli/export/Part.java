package org.viditq.cli.export;

/** A network of a pipeline. */
public enum Part {
  TRANSFORMER,
  TEXT_ENCODER,
  VAE,
  /** The transformer in a loop over the steps of a scheduler. */
  SAMPLER,
  ALL
}
