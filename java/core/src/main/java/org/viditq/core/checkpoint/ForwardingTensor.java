package org.viditq.core.checkpoint;

import java.nio.ByteBuffer;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;

/** A tensor that passes every call on to another; a base for those that look at or change a few. */
public abstract class ForwardingTensor implements StoredTensor {
  private final StoredTensor inner;

  protected ForwardingTensor(StoredTensor inner) {
    this.inner = inner;
  }

  @Override
  public String name() {
    return inner.name();
  }

  @Override
  public DType dtype() {
    return inner.dtype();
  }

  @Override
  public Shape shape() {
    return inner.shape();
  }

  @Override
  public ByteBuffer bytes() {
    return inner.bytes();
  }

  @Override
  public void copyTo(int start, float[] destination, int offset, int count) {
    inner.copyTo(start, destination, offset, count);
  }
}
