package org.viditq.reference;

import java.util.Optional;
import java.util.Random;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.MinMaxGrid;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.WeightCodes;
import org.viditq.core.tensor.Tensor;

/** Seeded operands. */
final class TestData {
  private TestData() {}

  /** Standard normal values. */
  static Tensor normal(long seed, int... dims) {
    Random random = new Random(seed);
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = (float) random.nextGaussian();
    }
    return tensor;
  }

  static Tensor vector(float... values) {
    return Tensor.of(values, values.length);
  }

  static DenseLinearParameters dense(String name, Tensor weight, Optional<Tensor> bias) {
    return new DenseLinearParameters(name, MemoryTensor.of(name + ".weight", weight), bias);
  }

  /** Codes of W [out, in] on the min-max grid of each row, and nothing of the code under test. */
  static QuantizedWeight quantize(Tensor weight, IntegerFormat format) {
    int out = weight.dim(0);
    int in = weight.dim(1);
    float[] lo = new float[out];
    float[] hi = new float[out];
    for (int i = 0; i < weight.size(); i++) {
      lo[i / in] = Math.min(lo[i / in], weight.data()[i]);
      hi[i / in] = Math.max(hi[i / in], weight.data()[i]);
    }
    AffineGrid grid = MinMaxGrid.of(format, lo, hi);
    byte[] codes = new byte[weight.size()];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = (byte) grid.encode(i / in, weight.data()[i]);
    }
    return new QuantizedWeight(codes(out, in, codes), grid);
  }

  static WeightCodes codes(int rows, int columns, byte[] codes) {
    return new WeightCodes() {
      @Override
      public int rows() {
        return rows;
      }

      @Override
      public int columns() {
        return columns;
      }

      @Override
      public void copyRow(int row, byte[] destination, int offset) {
        System.arraycopy(codes, row * columns, destination, offset, columns);
      }

      @Override
      public long sizeInBytes() {
        return codes.length;
      }
    };
  }

  /** (code - z) * Δ of one weight, in float64. */
  static double decode(QuantizedWeight weight, int row, int column) {
    byte[] codes = new byte[weight.codes().columns()];
    weight.codes().copyRow(row, codes, 0);
    int code = weight.grid().format().symmetric() ? codes[column] : codes[column] & 0xff;
    return (code - weight.grid().zeroPoint()[row]) * (double) weight.grid().scale()[row];
  }
}
