package org.viditq.core.checkpoint;

/** A tensor under another name. */
final class RenamedTensor extends ForwardingTensor {
  private final String name;
  private final StoredTensor original;

  RenamedTensor(String name, StoredTensor tensor) {
    super(tensor);
    this.name = name;
    this.original = tensor;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void copyBytes(int start, byte[] destination, int offset, int count) {
    original.copyBytes(start, destination, offset, count);
  }
}
