package org.viditq.core.operators;

import java.util.Optional;
import org.viditq.core.tensor.Tensor;

/** What a linear layer y = x W^T + b is made of; either full precision or quantized. */
public sealed interface LinearParameters permits DenseLinearParameters, QuantizedLinearParameters {
  /** Qualified name in the model, for example {@code transformer_blocks.0.attn1.to_q}. */
  String name();

  /** K, the extent of the last axis of x. */
  int inFeatures();

  /** N, the extent of the last axis of the result. */
  int outFeatures();

  /** [out], never quantized. */
  Optional<Tensor> bias();
}
