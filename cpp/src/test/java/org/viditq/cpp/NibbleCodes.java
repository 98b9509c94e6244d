package org.viditq.cpp;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.viditq.core.quant.CodeLayout;
import org.viditq.core.quant.StoredCodes;
import org.viditq.core.quant.WeightCodes;

/** The 4-bit codes of {@code plain} as checkpoints hold them; {@code offset} is -8 if symmetric. */
record NibbleCodes(ByteCodes plain, int offset, ByteBuffer bytes) implements WeightCodes {
  static NibbleCodes of(ByteCodes plain, boolean symmetric, boolean direct) {
    int offset = symmetric ? -8 : 0;
    int rowBytes = CodeLayout.NIBBLES.rowBytes(plain.columns());
    int size = plain.rows() * rowBytes;
    ByteBuffer bytes = direct ? ByteBuffer.allocateDirect(size) : ByteBuffer.allocate(size);
    for (int row = 0; row < plain.rows(); row++) {
      for (int column = 0; column < plain.columns(); column++) {
        int nibble = plain.codes()[row * plain.columns() + column] - offset;
        int at = row * rowBytes + column / 2;
        bytes.put(at, (byte) (bytes.get(at) | nibble << column % 2 * 4));
      }
    }
    return new NibbleCodes(plain, offset, bytes);
  }

  @Override
  public int rows() {
    return plain.rows();
  }

  @Override
  public int columns() {
    return plain.columns();
  }

  @Override
  public void copyRow(int row, byte[] destination, int start) {
    plain.copyRow(row, destination, start);
  }

  @Override
  public Optional<StoredCodes> stored() {
    return Optional.of(new StoredCodes(CodeLayout.NIBBLES, offset, bytes.duplicate()));
  }

  @Override
  public long sizeInBytes() {
    return bytes.capacity();
  }
}
