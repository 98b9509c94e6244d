package org.viditq.onnx;

import org.viditq.core.operators.Linear;
import org.viditq.core.tensor.Shape;

/** A prepared linear layer: one way to compute its product. Bias and epilogue are common to all. */
interface OnnxLinear extends Linear {
  /**
   * Records x W^T, and what else a quantized layer's weight set and branch add before the bias.
   *
   * @param result its shape
   * @param timestep that quantized layers choose their weights by
   */
  OnnxValue product(OnnxValue x, Shape result, double timestep);
}
