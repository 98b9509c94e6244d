package org.viditq.cli.export;

/** A network of a pipeline. */
public enum Part {
  TRANSFORMER,
  TEXT_ENCODER,
  VAE,
  ALL
}
