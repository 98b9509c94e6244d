package org.viditq.cpp;

/**
 * The tensors of a scope that are not released yet, in the order in which they came. A tensor is in
 * one of them at the most, and leaves it when it is released, so that none is kept for nothing.
 */
final class ScopedTensors {
  private NativeTensor first;
  private NativeTensor last;

  /** A tensor's place among the others. */
  static final class Place {
    private ScopedTensors tensors;
    private NativeTensor before;
    private NativeTensor behind;

    /** Takes the tensor away from where it is. */
    void leave() {
      if (tensors == null) {
        return;
      }
      if (before == null) {
        tensors.first = behind;
      } else {
        before.place().behind = behind;
      }
      if (behind == null) {
        tensors.last = before;
      } else {
        behind.place().before = before;
      }
      tensors = null;
      before = null;
      behind = null;
    }
  }

  /** Adds a tensor that is in no scope. */
  void add(NativeTensor tensor) {
    Place place = tensor.place();
    place.tensors = this;
    place.before = last;
    if (last == null) {
      first = tensor;
    } else {
      last.place().behind = tensor;
    }
    last = tensor;
  }

  boolean contains(NativeTensor tensor) {
    return tensor.place().tensors == this;
  }

  void close() {
    while (first != null) {
      first.close();
    }
  }
}
