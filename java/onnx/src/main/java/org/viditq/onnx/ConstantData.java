package org.viditq.onnx;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import org.viditq.core.tensor.Shape;

/** The elements of a constant, produced when a graph is written and not before. */
interface ConstantData {
  ElementType type();

  Shape shape();

  /** Writes all elements, row-major and little-endian. */
  void writeTo(WritableByteChannel out) throws IOException;

  /**
   * Writes what the elements are computed from, where that is less work than to compute them: of
   * constants of the same class, type and shape with the same source, the elements are the same.
   */
  default void writeSourceTo(WritableByteChannel out) throws IOException {
    writeTo(out);
  }

  /** How many bytes {@link #writeTo} writes. */
  default long byteLength() {
    return (long) shape().size() * type().bytes();
  }
}
