package org.viditq.tests.model;

import java.util.Arrays;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;
import org.viditq.reference.ReferenceOperators;

/** Opens the backend that model definitions are tested on. */
final class ReferenceModels {
  private static final long WEIGHT_CACHE_BYTES = 64 << 20;

  private ReferenceModels() {}

  static Operators<Tensor> operators() {
    return new ReferenceOperators(1, WEIGHT_CACHE_BYTES);
  }

  /** The samples from (inclusive) to (exclusive) of a batch. */
  static Tensor samples(Tensor batch, int from, int to) {
    int[] dims = batch.shape().toArray();
    int width = batch.size() / dims[0];
    dims[0] = to - from;
    return Tensor.of(Arrays.copyOfRange(batch.data(), from * width, to * width), dims);
  }
}
