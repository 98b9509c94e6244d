package org.viditq.core.operators;

/** A convolution prepared by a backend; opaque, valid while it is open. */
public interface Convolution {
  /** What it was prepared from. */
  ConvolutionParameters parameters();
}
