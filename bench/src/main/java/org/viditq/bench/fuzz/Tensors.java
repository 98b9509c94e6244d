package org.viditq.bench.fuzz;

import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.NonFiniteScan;
import org.viditq.core.checkpoint.StoredTensor;

/** Reads checkpoints to the last byte, and holds them to what they say of themselves. */
final class Tensors {
  /** More values than any input holds bytes would have to come from elsewhere. */
  private static final long MOST_VALUES = 1L << 22;

  private Tensors() {}

  static void readAll(Checkpoint checkpoint) {
    for (String name : checkpoint.names()) {
      StoredTensor tensor = checkpoint.get(name);
      if (tensor.bytes().remaining() != tensor.sizeInBytes()) {
        throw new AssertionError(name + " has other bytes than it says.");
      }
      if (tensor.sizeInBytes() <= MOST_VALUES
          && tensor.toTensor().size() != tensor.shape().size()) {
        throw new AssertionError(name + " has other values than it says.");
      }
      NonFiniteScan.found(tensor);
    }
  }
}
