package org.viditq.quantize.weight;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.ShapeException;
import org.viditq.core.quant.CodeLayout;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.StoredCodes;
import org.viditq.quantize.calibrate.ScratchMemory;

/** Weight codes in one of the {@link CodeLayout}s, in memory or in a file. */
public final class StoredWeightCodes implements CheckpointCodes {
  private final IntegerFormat format;
  private final int rows;
  private final int columns;
  private final CodeLayout layout;
  private final Place place;

  /** Where the codes lie: rows one after the other, each {@link CodeLayout#rowBytes} long. */
  private sealed interface Place {
    long size();

    /** All of them, from position 0 to the limit. */
    ByteBuffer bytes();

    void copy(int start, byte[] destination, int count);
  }

  private record Memory(ByteBuffer bytes) implements Place {
    @Override
    public long size() {
      return bytes.limit();
    }

    @Override
    public void copy(int start, byte[] destination, int count) {
      bytes.get(start, destination, 0, count);
    }
  }

  /** Read row by row, and mapped only for who wants all. */
  private record Stored(StoredTensor tensor) implements Place {
    @Override
    public long size() {
      return tensor.sizeInBytes();
    }

    @Override
    public ByteBuffer bytes() {
      return tensor.bytes();
    }

    @Override
    public void copy(int start, byte[] destination, int count) {
      tensor.copyBytes(start, destination, 0, count);
    }
  }

  /**
   * @param tensor whose bytes are rows one after the other, each {@link CodeLayout#rowBytes} long;
   *     its checkpoint must be open while the codes are used
   */
  public StoredWeightCodes(
      IntegerFormat format, int rows, int columns, CodeLayout layout, StoredTensor tensor) {
    this(format, rows, columns, layout, new Stored(tensor));
  }

  private StoredWeightCodes(
      IntegerFormat format, int rows, int columns, CodeLayout layout, Place place) {
    long needed = (long) rows * layout.rowBytes(columns);
    if (place.size() != needed) {
      throw new ShapeException(
          "Codes [" + rows + ", " + columns + "] need " + needed + " bytes, not " + place.size());
    }
    this.format = format;
    this.rows = rows;
    this.columns = columns;
    this.layout = layout;
    this.place = place;
  }

  /** Room on the heap for codes to be {@linkplain #putRow put}. */
  static StoredWeightCodes allocate(IntegerFormat format, int rows, int columns) {
    CodeLayout layout = CodeLayout.of(format);
    int size = Math.multiplyExact(rows, layout.rowBytes(columns));
    return new StoredWeightCodes(
        format, rows, columns, layout, new Memory(ByteBuffer.allocate(size)));
  }

  /** As {@link #allocate}, in {@link ScratchMemory}. */
  static StoredWeightCodes allocateOutsideHeap(IntegerFormat format, int rows, int columns) {
    CodeLayout layout = CodeLayout.of(format);
    int size = Math.multiplyExact(rows, layout.rowBytes(columns));
    return new StoredWeightCodes(
        format, rows, columns, layout, new Memory(ScratchMemory.allocate(size)));
  }

  /**
   * @param codes [columns], inside the format's range
   */
  void putRow(int row, int[] codes) {
    ByteBuffer bytes = place.bytes();
    int start = row * layout.rowBytes(columns);
    if (layout == CodeLayout.BYTES) {
      int offset = signedOffset();
      for (int c = 0; c < columns; c++) {
        bytes.put(start + c, (byte) (codes[c] - offset));
      }
    } else {
      int offset = nibbleOffset();
      for (int c = 0; c < columns; c += 2) {
        int low = codes[c] + offset;
        int high = c + 1 < columns ? codes[c + 1] + offset : 0;
        bytes.put(start + c / 2, (byte) (high << 4 | low));
      }
    }
  }

  @Override
  public void copyRow(int row, byte[] destination, int offset) {
    copyRows(row, 1, destination, offset, columns);
  }

  @Override
  public void copyRows(int first, int count, byte[] destination, int offset, int step) {
    int rowBytes = layout.rowBytes(columns);
    byte[] stored = new byte[count * rowBytes];
    place.copy(first * rowBytes, stored, stored.length);
    for (int row = 0; row < count; row++) {
      decode(stored, row * rowBytes, destination, offset + row * step);
    }
  }

  private void decode(byte[] stored, int start, byte[] destination, int offset) {
    if (layout == CodeLayout.BYTES) {
      int add = signedOffset();
      for (int c = 0; c < columns; c++) {
        destination[offset + c] = (byte) (stored[start + c] + add);
      }
    } else {
      int subtract = nibbleOffset();
      for (int c = 0; c < columns; c++) {
        int pair = stored[start + c / 2];
        int nibble = (c & 1) == 0 ? pair & 0xf : pair >> 4 & 0xf;
        destination[offset + c] = (byte) (nibble - subtract);
      }
    }
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int columns() {
    return columns;
  }

  public IntegerFormat format() {
    return format;
  }

  @Override
  public CodeLayout layout() {
    return layout;
  }

  /** The bytes as they lie. */
  @Override
  public ByteBuffer bytes() {
    return place.bytes().asReadOnlyBuffer().rewind();
  }

  @Override
  public Optional<StoredCodes> stored() {
    int offset = layout == CodeLayout.BYTES ? signedOffset() : -nibbleOffset();
    return Optional.of(new StoredCodes(layout, offset, bytes()));
  }

  @Override
  public long sizeInBytes() {
    return place.size();
  }

  /** Added to the stored signed byte to get the code. */
  private int signedOffset() {
    return format.symmetric() ? 0 : 1 << (format.bits() - 1);
  }

  /** Subtracted from the stored nibble to get the code. */
  private int nibbleOffset() {
    return format.symmetric() ? 8 : 0;
  }
}
