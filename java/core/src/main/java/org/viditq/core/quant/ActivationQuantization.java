package org.viditq.core.quant;

/** How the input of a quantized linear layer becomes codes. */
public interface ActivationQuantization {
  IntegerFormat format();

  /**
   * One grid per row (token of one sample), from that row's own minimum and maximum at run time:
   * the deployed form of ViDiT-Q.
   *
   * @param smallScales what becomes of rows whose Δ is too small; anything but {@link
   *     SmallScaleRule#PER_GROUP} is for comparison with the published code only, and a "call" is
   *     then one sample x[b] of x [B, N, C] (all rows of a tensor of other rank)
   */
  record DynamicToken(IntegerFormat format, SmallScaleRule smallScales)
      implements ActivationQuantization {
    /** The deployed form: a dead row changes only itself. */
    public DynamicToken(IntegerFormat format) {
      this(format, SmallScaleRule.PER_GROUP);
    }
  }

  /**
   * One grid per token index n of x [B, N, C], shared by all samples of the batch: what the
   * published code computes. For comparison only, since a picture then depends on its batch.
   *
   * @param smallScales what becomes of token indices whose Δ is too small
   */
  record DynamicTokenShared(IntegerFormat format, SmallScaleRule smallScales)
      implements ActivationQuantization {
    /** A dead token index changes only itself. */
    public DynamicTokenShared(IntegerFormat format) {
      this(format, SmallScaleRule.PER_GROUP);
    }
  }

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
