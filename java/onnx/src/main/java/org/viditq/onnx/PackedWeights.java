package org.viditq.onnx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;
import java.util.List;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.WeightCodes;
import org.viditq.core.tensor.Shape;

/**
 * The codes of a layer's weight sets as {@code viditq_cuda_pack_weights} lays them out, to the
 * byte: int8 [sets, bytes].
 *
 * <p>8 bits: rows of signed codes, each beginning at a multiple of 16 bytes; unsigned codes move
 * down by 128. 4 bits: unsigned nibbles, signed codes moved up by 8, in blocks of 32 channels by 32
 * inner positions in the order that a tensor core's registers want them ({@code
 * cuda/kernels/packed_weights.h}).
 *
 * @param sets one per timestep range
 * @param bits 8 or 4: how codes are stored
 */
record PackedWeights(List<QuantizedWeight> sets, int bits) implements ConstantData {
  /** Rows of codes begin at multiples of this. */
  static final int CODE_ROW = 16;

  private static final int BYTE_SHIFT = 128;
  private static final int NIBBLE_SHIFT = 8;
  private static final int BLOCK = 32;
  private static final int BLOCK_BYTES = BLOCK * BLOCK / 2;
  private static final int INNER_UNIT = 64;

  PackedWeights {
    sets = List.copyOf(sets);
  }

  /** The narrowest storage that all formats fit. */
  static PackedWeights of(List<QuantizedWeight> sets) {
    boolean nibbles = sets.stream().allMatch(set -> set.grid().format().bits() <= 4);
    return new PackedWeights(sets, nibbles ? 4 : 8);
  }

  @Override
  public ElementType type() {
    return ElementType.INT8;
  }

  @Override
  public Shape shape() {
    WeightCodes codes = sets.get(0).codes();
    return Shape.of(sets.size(), Math.toIntExact(bytes(codes.rows(), codes.columns(), bits)));
  }

  /** Bytes of a set. */
  static long bytes(int channels, int inner, int bits) {
    return bits == 8
        ? (long) channels * rowBytes(inner)
        : (long) blocks(channels, BLOCK) * innerBlocks(inner) * BLOCK_BYTES;
  }

  /** {@code columns} rounded up to whole rows of codes. */
  static int rowBytes(int columns) {
    return blocks(columns, CODE_ROW) * CODE_ROW;
  }

  private static int innerBlocks(int inner) {
    return blocks(inner, INNER_UNIT) * (INNER_UNIT / BLOCK);
  }

  private static int blocks(int extent, int size) {
    return (extent + size - 1) / size;
  }

  /** Zero points of the codes as packed, int32 [sets, channels]. */
  ConstantData zeroPoints() {
    int channels = sets.get(0).codes().rows();
    int[] packed = new int[Math.multiplyExact(sets.size(), channels)];
    for (int set = 0; set < sets.size(); set++) {
      int[] zeroPoint = sets.get(set).grid().zeroPoint();
      int shift = shift(sets.get(set).grid().format());
      for (int n = 0; n < channels; n++) {
        packed[set * channels + n] = zeroPoint[n] + shift;
      }
    }
    return IntegerConstant.matrix(ElementType.INT32, sets.size(), channels, packed);
  }

  /** Sums of (code - zero point) over the inner positions, int32 [sets, channels]. */
  ConstantData centeredSums() {
    return new CenteredSums(sets);
  }

  private int shift(IntegerFormat format) {
    if (bits == 8) {
      return format.symmetric() ? 0 : -BYTE_SHIFT;
    }
    return format.symmetric() ? NIBBLE_SHIFT : 0;
  }

  @Override
  public void writeSourceTo(WritableByteChannel out) throws IOException {
    for (QuantizedWeight set : sets) {
      IntegerFormat format = set.grid().format();
      IntegerConstant.of(ElementType.INT32, format.bits(), format.symmetric() ? 1 : 0).writeTo(out);
      WeightCodes codes = set.codes();
      byte[] rows = new byte[BLOCK * codes.columns()];
      for (int first = 0; first < codes.rows(); first += BLOCK) {
        int count = Math.min(BLOCK, codes.rows() - first);
        codes.copyRows(first, count, rows, 0, codes.columns());
        LittleEndian.write(out, ByteBuffer.wrap(rows, 0, count * codes.columns()));
      }
    }
  }

  @Override
  public void writeTo(WritableByteChannel out) throws IOException {
    for (QuantizedWeight set : sets) {
      if (bits == 8) {
        writeBytes(set, out);
      } else {
        writeNibbles(set, out);
      }
    }
  }

  private void writeBytes(QuantizedWeight set, WritableByteChannel out) throws IOException {
    WeightCodes codes = set.codes();
    int shift = shift(set.grid().format());
    int rowBytes = rowBytes(codes.columns());
    byte[] rows = new byte[BLOCK * rowBytes];
    for (int first = 0; first < codes.rows(); first += BLOCK) {
      int count = Math.min(BLOCK, codes.rows() - first);
      codes.copyRows(first, count, rows, 0, rowBytes);
      for (int row = 0; row < count; row++) {
        for (int k = 0; k < codes.columns(); k++) {
          rows[row * rowBytes + k] += (byte) shift;
        }
      }
      LittleEndian.write(out, ByteBuffer.wrap(rows, 0, count * rowBytes));
    }
  }

  private void writeNibbles(QuantizedWeight set, WritableByteChannel out) throws IOException {
    WeightCodes codes = set.codes();
    IntegerFormat format = set.grid().format();
    int shift = shift(format);
    int columns = codes.columns();
    byte[] rows = new byte[BLOCK * columns];
    byte[] packed = new byte[innerBlocks(columns) * BLOCK_BYTES];
    for (int first = 0; first < codes.rows(); first += BLOCK) {
      Arrays.fill(packed, (byte) 0);
      int count = Math.min(BLOCK, codes.rows() - first);
      codes.copyRows(first, count, rows, 0, columns);
      for (int channel = 0; channel < count; channel++) {
        for (int k = 0; k < columns; k++) {
          int nibble = format.code(rows[channel * columns + k]) + shift;
          packed[place(channel, k)] |= (byte) (k % BLOCK >= 16 ? nibble << 4 : nibble);
        }
      }
      LittleEndian.write(out, ByteBuffer.wrap(packed));
    }
  }

  /** The byte of a nibble within a block of channels. */
  private static int place(int channel, int k) {
    int word = channel / 8;
    int lane = channel % 8 * 4 + k % 16 / 4;
    return k / BLOCK * BLOCK_BYTES + lane * 16 + word * 4 + k % 4;
  }

  /** They do not depend on how codes are stored, as zero points move along. */
  private record CenteredSums(List<QuantizedWeight> sets) implements ConstantData {
    @Override
    public ElementType type() {
      return ElementType.INT32;
    }

    @Override
    public Shape shape() {
      return Shape.of(sets.size(), sets.get(0).codes().rows());
    }

    @Override
    public void writeTo(WritableByteChannel out) throws IOException {
      for (QuantizedWeight set : sets) {
        WeightCodes codes = set.codes();
        int columns = codes.columns();
        byte[] rows = new byte[BLOCK * columns];
        int[] zeroPoint = set.grid().zeroPoint();
        int[] sums = new int[codes.rows()];
        for (int first = 0; first < sums.length; first += BLOCK) {
          int count = Math.min(BLOCK, sums.length - first);
          codes.copyRows(first, count, rows, 0, columns);
          for (int i = 0; i < count * columns; i++) {
            int n = first + i / columns;
            sums[n] += set.grid().format().code(rows[i]) - zeroPoint[n];
          }
        }
        IntegerConstant.of(type(), sums).writeTo(out);
      }
    }
  }
}
