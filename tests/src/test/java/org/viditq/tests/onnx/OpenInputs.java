package org.viditq.tests.onnx;

import java.util.LinkedHashMap;
import java.util.Map;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.tensor.Tensor;

/** Inputs for a graph that takes all inputs of a model. */
final class OpenInputs {
  private OpenInputs() {}

  /** With a mask of ones where an evaluation leaves the mask out. */
  static DenoiserInput complete(DenoiserModel model, DenoiserInput input) {
    Map<String, Tensor> tensors = new LinkedHashMap<>(input.tensors());
    boolean masked = model.inputs().stream().anyMatch(spec -> spec.name().equals(InputNames.MASK));
    if (masked) {
      Tensor text = tensors.get(InputNames.TEXT);
      tensors.putIfAbsent(InputNames.MASK, Tensor.full(1, text.dim(0), text.dim(1)));
    }
    return new DenoiserInput(tensors);
  }
}
