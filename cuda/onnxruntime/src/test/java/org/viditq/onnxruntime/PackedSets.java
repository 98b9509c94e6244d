package org.viditq.onnxruntime;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.MinMaxGrid;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.WeightCodes;
import org.viditq.core.tensor.Tensor;

/**
 * Random weights of one layer, a set per timestep range, as {@code cuda/kernels/packed_weights.h}
 * lays them out: signed bytes in rows of whole 16 bytes, or nibbles in the order of the tensor
 * cores.
 */
final class PackedSets {
  private static final int CODE_ROW = 16;

  final int channels;
  final int inner;
  final int storageBits;
  final List<QuantizedWeight> weights = new ArrayList<>();
  private final byte[] codes;
  private final float[] scale;
  private final int[] zeroPoint;
  private final int[] centeredSum;

  PackedSets(Random random, int sets, int channels, int inner, IntegerFormat format) {
    this.channels = channels;
    this.inner = inner;
    this.storageBits = format.bits() <= 4 ? 4 : 8;
    this.codes = new byte[sets * setBytes()];
    this.scale = new float[sets * channels];
    this.zeroPoint = new int[sets * channels];
    this.centeredSum = new int[sets * channels];
    for (int set = 0; set < sets; set++) {
      QuantizedWeight weight = random(random, channels, inner, format);
      weights.add(weight);
      pack(set, weight);
    }
  }

  int sets() {
    return weights.size();
  }

  Operand codes() {
    return Operand.codes(codes, sets(), setBytes());
  }

  Operand scale() {
    return Operand.floats(scale, sets(), channels);
  }

  /** Scales of 1, which leave sums as they are. */
  Operand unitScale() {
    float[] ones = new float[scale.length];
    Arrays.fill(ones, 1);
    return Operand.floats(ones, sets(), channels);
  }

  Operand zeroPoint() {
    return Operand.ints(zeroPoint, sets(), channels);
  }

  Operand centeredSum() {
    return Operand.ints(centeredSum, sets(), channels);
  }

  int setBytes() {
    return storageBits == 8
        ? channels * roundUp(inner, CODE_ROW)
        : roundUp(channels, 32) / 32 * (roundUp(inner, 64) / 32) * 512;
  }

  private void pack(int set, QuantizedWeight weight) {
    IntegerFormat format = weight.grid().format();
    // Unsigned codes move down to signed bytes, signed ones up to unsigned nibbles.
    int shift = storageBits == 8 ? (format.symmetric() ? 0 : -128) : (format.symmetric() ? 8 : 0);
    byte[] row = new byte[inner];
    for (int channel = 0; channel < channels; channel++) {
      int index = set * channels + channel;
      scale[index] = weight.grid().scale()[channel];
      zeroPoint[index] = weight.grid().zeroPoint()[channel] + shift;
      weight.codes().copyRow(channel, row, 0);
      for (int k = 0; k < inner; k++) {
        int code = format.code(row[k]) + shift;
        centeredSum[index] += code - zeroPoint[index];
        put(set, channel, k, code);
      }
    }
  }

  private void put(int set, int channel, int k, int code) {
    int first = set * setBytes();
    if (storageBits == 8) {
      codes[first + channel * roundUp(inner, CODE_ROW) + k] = (byte) code;
      return;
    }
    int block = channel / 32 * (roundUp(inner, 64) / 32) + k / 32;
    int lane = channel % 8 * 4 + k % 16 / 4;
    int place = first + block * 512 + lane * 16 + channel % 32 / 8 * 4 + k % 4;
    codes[place] |= (byte) (k % 32 >= 16 ? code << 4 : code);
  }

  private static int roundUp(int value, int unit) {
    return (value + unit - 1) / unit * unit;
  }

  /** Codes of normal values on the min-max grid of each row. */
  private static QuantizedWeight random(
      Random random, int channels, int inner, IntegerFormat format) {
    Tensor values = Tensor.zeros(channels, inner);
    float[] lo = new float[channels];
    float[] hi = new float[channels];
    for (int i = 0; i < values.size(); i++) {
      float value = (float) random.nextGaussian();
      values.data()[i] = value;
      lo[i / inner] = Math.min(lo[i / inner], value);
      hi[i / inner] = Math.max(hi[i / inner], value);
    }
    AffineGrid grid = MinMaxGrid.of(format, lo, hi);
    byte[] codes = new byte[values.size()];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = (byte) grid.encode(i / inner, values.data()[i]);
    }
    return new QuantizedWeight(new DenseCodes(channels, inner, codes), grid);
  }

  private record DenseCodes(int rows, int columns, byte[] codes) implements WeightCodes {
    @Override
    public void copyRow(int row, byte[] destination, int offset) {
      System.arraycopy(codes, row * columns, destination, offset, columns);
    }

    @Override
    public long sizeInBytes() {
      return codes.length;
    }
  }
}
