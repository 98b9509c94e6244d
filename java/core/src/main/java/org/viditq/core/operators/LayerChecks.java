package org.viditq.core.operators;

import static java.util.Arrays.stream;

import org.viditq.core.checkpoint.NonFiniteScan;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.GridGroups;

/** What every backend checks of a layer before preparing it. */
public final class LayerChecks {
  private LayerChecks() {}

  /**
   * @throws NonFiniteException naming the layer if its weight, bias, scales or balancing divisors
   *     hold NaN or infinity, or a divisor or calibrated activation scale is not above 0
   */
  public static void require(LinearParameters layer) {
    String name = layer.name();
    layer.bias().ifPresent(b -> requireFinite(b.data(), "The bias of layer " + name));
    if (layer instanceof DenseLinearParameters dense) {
      requireFinite(dense.weight(), "The weight of layer " + name);
    } else {
      QuantizedLinearParameters quantized = (QuantizedLinearParameters) layer;
      quantized.sets().forEach(set -> require(name, set));
      quantized
          .branch()
          .ifPresent(
              branch -> {
                requireFinite(branch.down().data(), "The low-rank branch of layer " + name);
                requireFinite(branch.up().data(), "The low-rank branch of layer " + name);
              });
    }
  }

  private static void require(String name, WeightSet set) {
    requireFinite(set.weight().grid().scale(), "The weight scale of layer " + name);
    GridGroups.calibrated(set.activation())
        .ifPresent(grid -> grid.requireUsable("An activation scale of layer " + name));
    set.correction()
        .ifPresent(c -> requireFinite(c, "The correction of the bias of layer " + name));
    for (float s : set.balance().orElse(new float[0])) {
      if (!(s > 0) || Float.isInfinite(s)) {
        throw new NonFiniteException(
            "The channel balancing of layer "
                + name
                + " divides by "
                + s
                + "; its divisors must be finite and above 0.");
      }
    }
  }

  /**
   * @throws ShapeException naming the layer if it has not one to three spatial axes, with one
   *     positive stride and one padding each, and a bias per output channel
   * @throws NonFiniteException naming the layer if its weight or bias holds NaN or infinity
   */
  public static void require(ConvolutionParameters layer) {
    String name = layer.name();
    int axes = layer.weight().shape().rank() - 2;
    boolean oneValuePerAxis =
        layer.stride().length == axes
            && layer.padBefore().length == axes
            && layer.padAfter().length == axes;
    if (axes < 1 || axes > 3 || !oneValuePerAxis) {
      throw new ShapeException(
          "Convolution "
              + name
              + " needs a weight [out, in, kernel...] of one to three spatial axes, with one stride"
              + " and padding each, but got "
              + layer.weight().shape()
              + ".");
    }
    if (stream(layer.stride()).anyMatch(s -> s < 1)
        || stream(layer.padBefore()).anyMatch(p -> p < 0)
        || stream(layer.padAfter()).anyMatch(p -> p < 0)) {
      throw new ShapeException(
          "Convolution " + name + " needs strides of at least 1 and paddings of at least 0.");
    }
    layer
        .bias()
        .ifPresent(
            b -> {
              if (b.size() != layer.outChannels()) {
                throw new ShapeException(
                    "convolution "
                        + name
                        + " needs a bias [out], but got "
                        + b.shape()
                        + ", "
                        + layer.weight().shape()
                        + ".");
              }
              requireFinite(b.data(), "The bias of layer " + name);
            });
    requireFinite(layer.weight(), "The weight of layer " + name);
  }

  private static void requireFinite(StoredTensor tensor, String what) {
    if (NonFiniteScan.found(tensor)) {
      throw failure(what);
    }
  }

  private static void requireFinite(float[] values, String what) {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw failure(what);
      }
    }
  }

  private static NonFiniteException failure(String what) {
    return new NonFiniteException(what + " holds NaN or infinity; check where it came from.");
  }
}
