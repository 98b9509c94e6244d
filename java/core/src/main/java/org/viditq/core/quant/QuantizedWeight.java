package org.viditq.core.quant;

/**
 * A weight matrix as codes on one grid per output channel.
 *
 * @param codes [out, in]
 * @param grid one group per output channel
 */
public record QuantizedWeight(WeightCodes codes, AffineGrid grid) {
  public QuantizedWeight {
    if (codes.rows() != grid.groups()) {
      throw new IllegalArgumentException(
          codes.rows() + " output channels but " + grid.groups() + " weight scales.");
    }
  }
}
