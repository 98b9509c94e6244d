package org.viditq.cpp;

import org.bytedeco.javacpp.BytePointer;
import org.viditq.core.quant.HadamardMatrix;
import org.viditq.core.quant.Rotation;
import org.viditq.cpp.bridge.viditq_rotation;

/** A rotation as kernels take it; its signs are those of the divisors. */
final class NativeRotation implements AutoCloseable {
  private final viditq_rotation rotation = new viditq_rotation();
  private final BytePointer matrix;

  NativeRotation(Rotation definition) {
    int base = definition.base();
    boolean regular = definition.kind() == Rotation.Kind.REGULAR;
    matrix = base == 1 ? null : entries(base);
    rotation.block(definition.block()).base(base).matrix(matrix).regular(regular ? 1 : 0);
  }

  private static BytePointer entries(int base) {
    int[][] rows = HadamardMatrix.of(base);
    byte[] entries = new byte[base * base];
    for (int i = 0; i < entries.length; i++) {
      entries[i] = (byte) rows[i / base][i % base];
    }
    return new BytePointer(entries);
  }

  /** Valid until closed. */
  viditq_rotation operand() {
    return rotation;
  }

  /** Idempotent. */
  @Override
  public void close() {
    rotation.close();
    if (matrix != null) {
      matrix.close();
    }
  }
}
