package org.viditq.quantize.plan;

import java.util.Optional;

/**
 * How weights become codes, beside their {@link org.viditq.core.quant.IntegerFormat}.
 *
 * @param grid how grids and codes are chosen
 * @param damping for {@link WeightGrid#GPTQ}: what is added to the diagonal of the second moments,
 *     relative to it; 1e-6 to 1
 * @param rotation of weights and inputs; empty for none
 * @param rank of a full-precision branch beside the codes; 0 for none
 * @param blockwise for {@link WeightGrid#GPTQ}: whether second moments are those of the inputs that
 *     a layer gets from the quantized blocks before its own, measured block by block
 */
public record WeightScheme(
    WeightGrid grid,
    double damping,
    Optional<RotationSettings> rotation,
    int rank,
    boolean blockwise) {
  /** That of GPTQ's authors, there relative to the mean of the diagonal. */
  public static final double DEFAULT_DAMPING = 0.01;

  /** By the inputs of the full-precision model. */
  public WeightScheme(
      WeightGrid grid, double damping, Optional<RotationSettings> rotation, int rank) {
    this(grid, damping, rotation, rank, false);
  }

  /** Minima and maxima, as published. */
  public static final WeightScheme PLAIN =
      new WeightScheme(WeightGrid.MINMAX, DEFAULT_DAMPING, Optional.empty(), 0);

  /** Only a rotation. */
  static WeightScheme rotated(RotationSettings rotation) {
    return new WeightScheme(WeightGrid.MINMAX, DEFAULT_DAMPING, Optional.of(rotation), 0);
  }
}
