package org.viditq.core.operators;

import java.util.Optional;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.tensor.Tensor;

/**
 * A full-precision convolution over one to three spatial axes.
 *
 * @param name qualified layer name
 * @param weight [out, in, k...] with as many kernel extents as spatial axes
 * @param bias [out]
 * @param stride per spatial axis
 * @param padBefore zeros added before each spatial axis
 * @param padAfter zeros added behind each spatial axis (differs from {@code padBefore} in the VAE's
 *     downsampling)
 */
public record ConvolutionParameters(
    String name,
    StoredTensor weight,
    Optional<Tensor> bias,
    int[] stride,
    int[] padBefore,
    int[] padAfter) {
  /** The shape of a weight, [out, in, k...]. */
  public static int[] weightShape(int inChannels, int outChannels, int... kernel) {
    int[] shape = new int[2 + kernel.length];
    shape[0] = outChannels;
    shape[1] = inChannels;
    System.arraycopy(kernel, 0, shape, 2, kernel.length);
    return shape;
  }

  public int inChannels() {
    return weight.shape().dim(1);
  }

  public int outChannels() {
    return weight.shape().dim(0);
  }
}
