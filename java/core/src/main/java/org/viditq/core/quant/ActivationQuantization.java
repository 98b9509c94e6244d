package org.viditq.core.quant;

/** How the input of a quantized linear layer becomes codes. */
public interface ActivationQuantization {
  IntegerFormat format();

  /**
   * One grid per row (token of one sample), from that row's own minimum and maximum at run time:
   * the deployed form of ViDiT-Q.
   */
  record DynamicToken(IntegerFormat format) implements ActivationQuantization {}

  /**
   * One grid per token index n of x [B, N, C], shared by all samples of the batch: what the
   * published code computes. For comparison only, since a picture then depends on its batch.
   */
  record DynamicTokenShared(IntegerFormat format) implements ActivationQuantization {}

  /** One calibrated grid for the whole tensor: naive post-training quantization. */
  record StaticTensor(AffineGrid grid) implements ActivationQuantization {
    public StaticTensor {
      if (grid.groups() != 1) {
        throw new IllegalArgumentException("A per-tensor grid has exactly one group.");
      }
    }

    @Override
    public IntegerFormat format() {
      return grid.format();
    }
  }

  /** One calibrated grid per token index n of x [B, N, C]; N must equal the number of groups. */
  record StaticToken(AffineGrid grid) implements ActivationQuantization {
    @Override
    public IntegerFormat format() {
      return grid.format();
    }
  }
}
