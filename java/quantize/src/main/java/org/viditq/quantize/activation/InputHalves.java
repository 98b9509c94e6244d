package org.viditq.quantize.activation;

import java.util.Arrays;
import java.util.List;
import org.viditq.core.tensor.Tensor;

/** The guidance branches of a layer's input: the negative half of the batch, then the positive. */
final class InputHalves {
  private InputHalves() {}

  /**
   * @param x [B, ...]
   * @param batch samples of the evaluation, both branches
   * @return two tensors, or x alone where it is no batch of both branches
   */
  static List<Tensor> of(Tensor x, int batch, boolean guided) {
    if (!guided || x.shape().rank() < 2 || x.dim(0) != batch || batch % 2 != 0) {
      return List.of(x);
    }
    int[] dims = x.shape().toArray();
    dims[0] /= 2;
    int half = x.size() / 2;
    return List.of(
        Tensor.of(Arrays.copyOfRange(x.data(), 0, half), dims),
        Tensor.of(Arrays.copyOfRange(x.data(), half, 2 * half), dims));
  }
}
