package org.viditq.cpp;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.tensor.DType;
import org.viditq.cpp.bridge.Bridge;

/**
 * A full-precision weight where C++ can read it: in the mapped file itself, so that no copy of it
 * passes through the Java heap. Weights of other kinds (arrays, float64) are copied first.
 *
 * @param data the first byte
 * @param type {@code VIDITQ_FLOAT*}
 * @param owner what must live while the data is read
 */
record StoredWeight(BytePointer data, int type, ByteBuffer owner) implements AutoCloseable {
  static StoredWeight of(StoredTensor weight) {
    return switch (weight.dtype()) {
      case F32 -> of(weight.bytes(), Bridge.VIDITQ_FLOAT32);
      case F16 -> of(weight.bytes(), Bridge.VIDITQ_FLOAT16);
      case BF16 -> of(weight.bytes(), Bridge.VIDITQ_BFLOAT16);
      default -> of(converted(weight), Bridge.VIDITQ_FLOAT32);
    };
  }

  private static StoredWeight of(ByteBuffer bytes, int type) {
    return new StoredWeight(NativeBytes.of(bytes), type, bytes);
  }

  private static ByteBuffer converted(StoredTensor weight) {
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(weight.shape().size() * DType.F32.bytes())
            .order(ByteOrder.nativeOrder());
    bytes.asFloatBuffer().put(weight.toTensor().data());
    return bytes;
  }

  /** The weight was packed. */
  @Override
  public void close() {
    data.close();
    MappedPages.release(owner);
    Reference.reachabilityFence(owner);
  }
}
