package org.viditq.bench.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Collects the tensors of a model layer by layer, under the names of its state dict. */
final class TensorList {
  private final List<RandomTensor> tensors = new ArrayList<>();

  List<RandomTensor> tensors() {
    return Collections.unmodifiableList(tensors);
  }

  TensorList weight(String layer, int... dims) {
    tensors.add(RandomTensor.weight(layer + ".weight", dims));
    return this;
  }

  TensorList table(String name, int... dims) {
    tensors.add(RandomTensor.small(name, dims));
    return this;
  }

  /** Weight [out, in] and bias. */
  TensorList linear(String layer, int in, int out) {
    return weight(layer, out, in).table(layer + ".bias", out);
  }

  /** Weight [out, in, kernel, kernel] and bias. */
  TensorList convolution(String layer, int in, int out, int kernel) {
    return weight(layer, out, in, kernel, kernel).table(layer + ".bias", out);
  }

  /** Scale without shift. */
  TensorList scale(String layer, int channels) {
    tensors.add(RandomTensor.scale(layer + ".weight", channels));
    return this;
  }

  /** Scale and shift. */
  TensorList norm(String layer, int channels) {
    return scale(layer, channels).table(layer + ".bias", channels);
  }
}
