package org.viditq.bench.pipeline;

/** What is measured of a denoiser's operators while it is evaluated, which itself takes time. */
enum Observation {
  /** Nothing: evaluations as they are. */
  NONE,
  /** Calls and time of each kind. */
  PROFILE,
  /** Calls, time and work of each kind, by roles of layers. */
  ROOFLINE
}
