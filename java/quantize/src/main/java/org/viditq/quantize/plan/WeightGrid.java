package org.viditq.quantize.plan;

/** How the grid of an output channel, and its codes, are chosen. */
public enum WeightGrid {
  /** The range of the channel, each weight rounded to nearest: as published. */
  MINMAX,
  /**
   * The range shrunk by the factor with the smallest squared error of the weights, each rounded to
   * nearest.
   */
  MSE_SEARCH,
  /**
   * The range shrunk by the factor with the smallest squared error of the layer's output on its
   * calibrated inputs, each weight rounded to nearest.
   */
  OUTPUT_SEARCH,
  /**
   * Codes that make up for each other's errors in the layer's output, by the second moments of its
   * calibrated inputs (Frantar et al., "GPTQ", ICLR 2023).
   */
  GPTQ;

  /** Whether it goes by the second moments of the layer's inputs. */
  public boolean needsSecondMoments() {
    return this == OUTPUT_SEARCH || this == GPTQ;
  }
}
