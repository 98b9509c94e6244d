package org.viditq.core.operators;

/** Pointwise nonlinearities. */
public enum Activation {
  /** x. */
  NONE,
  /** x / (1 + e^-x). */
  SILU,
  /** 0.5 x (1 + tanh(sqrt(2/π) (x + 0.044715 x³))): "gelu-approximate", "gelu_new". */
  GELU_TANH,
  /** 0.5 x (1 + erf(x/√2)): the exact GELU. */
  GELU_ERF,
  /** max(x, 0): T5 v1.0 feed-forward. */
  RELU
}
