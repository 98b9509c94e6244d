package org.viditq.cpp;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;

/** Bytes of a buffer where C++ can read them. */
final class NativeBytes {
  private NativeBytes() {}

  /** Those of a direct buffer in place, which must outlive the pointer; others as a copy. */
  static BytePointer of(ByteBuffer bytes) {
    if (bytes.isDirect()) {
      return new BytePointer(bytes);
    }
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    return new BytePointer(copy);
  }
}
