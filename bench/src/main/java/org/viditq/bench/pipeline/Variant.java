package org.viditq.bench.pipeline;

import java.util.Optional;

/** How a denoiser computes. */
enum Variant {
  FP32("fp32", null),
  W8A8("w8a8", "w8a8"),
  W4A8("w4a8", "w4a8-dynamic");

  private final String label;
  private final String plan;

  Variant(String label, String plan) {
    this.label = label;
    this.plan = plan;
  }

  /** Name of the built-in plan that its weights are quantized by. */
  Optional<String> plan() {
    return Optional.ofNullable(plan);
  }

  /** As options, tables and JSON call it. */
  @Override
  public String toString() {
    return label;
  }
}
