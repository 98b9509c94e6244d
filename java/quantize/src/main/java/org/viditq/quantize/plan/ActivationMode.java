package org.viditq.quantize.plan;

/** Where the grid that turns a layer's input into codes comes from. */
public enum ActivationMode {
  /** One calibrated grid per layer. */
  STATIC_TENSOR,
  /** One calibrated grid per token index. */
  STATIC_TOKEN,
  /** One grid per row at run time: the deployed form of ViDiT-Q. */
  DYNAMIC_TOKEN,
  /**
   * One grid per token index at run time, shared by all samples of a batch: what the published code
   * computes. For comparison only.
   */
  DYNAMIC_TOKEN_SHARED;

  /** Whether the grid comes from calibration. */
  public boolean isStatic() {
    return this == STATIC_TENSOR || this == STATIC_TOKEN;
  }
}
