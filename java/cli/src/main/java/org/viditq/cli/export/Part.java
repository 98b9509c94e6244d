package org.viditq.cli.export;

/** A network of a pipeline. */
enum Part {
  TRANSFORMER,
  TEXT_ENCODER,
  VAE,
  ALL
}
