package org.viditq.bench.gemm;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Extents of attention.
 *
 * @param headChannels of q, k and v per head
 */
record AttentionShape(int queries, int keys, int heads, int headChannels, int batch) {
  private static final int MOST = 1 << 20;

  /** Multiplications and additions of both products. */
  double operations() {
    return 4.0 * batch * heads * headChannels * queries * keys;
  }

  @Override
  public String toString() {
    return queries
        + "x"
        + keys
        + "x"
        + heads
        + "x"
        + headChannels
        + (batch == 1 ? "" : "x" + batch);
  }

  /** From {@code queries x keys x heads x head channels [x batch]}. */
  static final class Converter implements ITypeConverter<AttentionShape> {
    @Override
    public AttentionShape convert(String value) {
      String[] parts = value.split("x", -1);
      if (parts.length != 4 && parts.length != 5) {
        throw refusal(value);
      }
      int[] extents = new int[5];
      extents[4] = 1;
      for (int i = 0; i < parts.length; i++) {
        try {
          extents[i] = Integer.parseInt(parts[i]);
        } catch (NumberFormatException e) {
          throw refusal(value);
        }
        if (extents[i] < 1 || extents[i] > MOST) {
          throw refusal(value);
        }
      }
      AttentionShape shape =
          new AttentionShape(extents[0], extents[1], extents[2], extents[3], extents[4]);
      double largest =
          (double) shape.batch
              * Math.max(shape.queries, shape.keys)
              * shape.heads
              * shape.headChannels;
      if (largest > 1 << 28) {
        throw refusal(value);
      }
      return shape;
    }

    private static TypeConversionException refusal(String value) {
      return new TypeConversionException(
          "'"
              + value
              + "' is no shape of attention; give queries, keys, heads and channels of a head, and"
              + " the batch if it is not 1, as 1024x120x16x72.");
    }
  }
}
