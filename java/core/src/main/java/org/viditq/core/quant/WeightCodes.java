package org.viditq.core.quant;

import java.util.Optional;

/** The integer codes of a weight matrix [rows = output channels, columns = input channels]. */
public interface WeightCodes {
  /** Output channels. */
  int rows();

  /** Input channels. */
  int columns();

  /**
   * Writes the codes of one row, one per byte: unsigned 0..2^b-1 for asymmetric formats, signed for
   * symmetric ones.
   */
  void copyRow(int row, byte[] destination, int offset);

  /**
   * As {@link #copyRow} for some rows, each {@code step} behind the one before: what codes that are
   * made when they are asked for are made with is there once for all of them.
   */
  default void copyRows(int first, int count, byte[] destination, int offset, int step) {
    for (int i = 0; i < count; i++) {
      copyRow(first + i, destination, offset + i * step);
    }
  }

  /** The codes as they lie in memory, if they lie in one of the {@link CodeLayout}s. */
  default Optional<StoredCodes> stored() {
    return Optional.empty();
  }

  /** Bytes that the codes take where they are stored. */
  long sizeInBytes();
}
