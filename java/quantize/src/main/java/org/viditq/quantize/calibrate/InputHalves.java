package org.viditq.quantize.calibrate;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.tensor.Tensor;

/** The guidance branches of a batch: its negative half, then the one with prompts. */
public final class InputHalves {
  private InputHalves() {}

  /**
   * Of the input of an evaluation with guidance: the inputs of two evaluations.
   *
   * @throws IllegalArgumentException if the number of samples is odd
   */
  public static List<DenoiserInput> of(DenoiserInput input) {
    int batch = input.latents().dim(0);
    if (batch % 2 != 0) {
      throw new IllegalArgumentException(batch + " samples have no halves.");
    }
    Map<String, Tensor> negative = new LinkedHashMap<>();
    Map<String, Tensor> positive = new LinkedHashMap<>();
    input
        .tensors()
        .forEach(
            (name, tensor) -> {
              boolean perSample = tensor.shape().rank() > 0 && tensor.dim(0) == batch;
              negative.put(name, perSample ? half(tensor, 0) : tensor);
              positive.put(name, perSample ? half(tensor, 1) : tensor);
            });
    return List.of(new DenoiserInput(negative), new DenoiserInput(positive));
  }

  /**
   * Of a layer's input.
   *
   * @param x [B, ...]
   * @param batch samples of the evaluation, both branches
   * @return two tensors, or x alone where it is no batch of both branches
   */
  public static List<Tensor> of(Tensor x, int batch, boolean guided) {
    if (!guided || x.shape().rank() < 2 || x.dim(0) != batch || batch % 2 != 0) {
      return List.of(x);
    }
    return List.of(half(x, 0), half(x, 1));
  }

  private static Tensor half(Tensor x, int which) {
    int[] dims = x.shape().toArray();
    dims[0] /= 2;
    int half = x.size() / 2;
    return Tensor.of(Arrays.copyOfRange(x.data(), which * half, (which + 1) * half), dims);
  }
}
