package org.viditq.tests.model;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.model.Parameters;
import org.viditq.core.operators.ConvolutionParameters;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.tensor.Tensor;

/** Notes the linear layers that a model asks for: {@code name in out}. */
final class RequestedLayers implements Parameters {
  private final Parameters base;
  private final List<String> linears;

  RequestedLayers(Parameters base) {
    this(base, new ArrayList<>());
  }

  private RequestedLayers(Parameters base, List<String> linears) {
    this.base = base;
    this.linears = linears;
  }

  List<String> linears() {
    return linears;
  }

  @Override
  public boolean contains(String name) {
    return base.contains(name);
  }

  @Override
  public Tensor tensor(String name, int... shape) {
    return base.tensor(name, shape);
  }

  @Override
  public StoredTensor stored(String name, int... shape) {
    return base.stored(name, shape);
  }

  @Override
  public LinearParameters linear(String name, int inFeatures, int outFeatures) {
    LinearParameters layer = base.linear(name, inFeatures, outFeatures);
    linears.add(layer.name() + " " + inFeatures + " " + outFeatures);
    return layer;
  }

  @Override
  public ConvolutionParameters convolution(
      String name,
      int inChannels,
      int outChannels,
      int[] kernel,
      int[] stride,
      int[] padBefore,
      int[] padAfter) {
    return base.convolution(name, inChannels, outChannels, kernel, stride, padBefore, padAfter);
  }

  @Override
  public Parameters under(String prefix) {
    return new RequestedLayers(base.under(prefix), linears);
  }
}
