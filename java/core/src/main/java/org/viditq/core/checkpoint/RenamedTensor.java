package org.viditq.core.checkpoint;

/** A tensor under another name. */
final class RenamedTensor extends ForwardingTensor {
  private final String name;

  RenamedTensor(String name, StoredTensor tensor) {
    super(tensor);
    this.name = name;
  }

  @Override
  public String name() {
    return name;
  }
}
