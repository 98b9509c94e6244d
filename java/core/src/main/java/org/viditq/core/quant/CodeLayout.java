package org.viditq.core.quant;

/** How weight codes lie in memory and in files; both follow compressed-tensors. */
public enum CodeLayout {
  /**
   * One signed byte per code (compressed-tensors' int-quantized): the code itself when symmetric,
   * code - 2^(b-1) when asymmetric.
   */
  BYTES,
  /**
   * Two 4-bit codes per byte, the even column in the low half; each row padded with zeros to a
   * multiple of 8 codes, that is to whole little-endian int32 (compressed-tensors' pack-quantized).
   * The nibble is the code when asymmetric, code + 8 when symmetric.
   */
  NIBBLES;

  /** The denser one that {@code format} fits. */
  public static CodeLayout of(IntegerFormat format) {
    return format.bits() == 4 ? NIBBLES : BYTES;
  }

  /** Bytes from one row to the next. */
  public int rowBytes(int columns) {
    return this == BYTES ? columns : (columns + 7) / 8 * 4;
  }
}
