package org.viditq.quantize.checkpoint;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.ActivationQuantization.StaticTensor;
import org.viditq.core.quant.ActivationQuantization.StaticToken;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.CodeLayout;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.WeightCodes;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.weight.CheckpointCodes;

/** The tensors that a quantized layer is stored as. */
final class LayerTensors {
  private LayerTensors() {}

  static List<StoredTensor> of(QuantizedLinearParameters layer) {
    LayerDescription parts = LayerDescription.of(layer);
    List<StoredTensor> tensors = new ArrayList<>();
    for (int k = 0; k < parts.weights().size(); k++) {
      addWeight(tensors, TensorNames.weightPrefix(layer.name(), k), parts.weights().get(k));
    }
    for (int k = 0; k < parts.activations().size(); k++) {
      addStaticGrid(
          tensors, TensorNames.activationPrefix(layer.name(), k), parts.activations().get(k));
    }
    for (int k = 0; k < parts.sets().size(); k++) {
      String name = TensorNames.correction(layer.name(), k);
      parts
          .sets()
          .get(k)
          .correction()
          .ifPresent(c -> tensors.add(MemoryTensor.of(name, Tensor.of(c, c.length))));
    }
    parts
        .branch()
        .ifPresent(
            branch -> {
              tensors.add(
                  MemoryTensor.of(TensorNames.lowRankDown(layer.name()), branch.down(), DType.F16));
              tensors.add(
                  MemoryTensor.of(TensorNames.lowRankUp(layer.name()), branch.up(), DType.F16));
            });
    layer.bias().ifPresent(b -> tensors.add(MemoryTensor.of(layer.name() + ".bias", b)));
    return tensors;
  }

  private static void addWeight(
      List<StoredTensor> tensors, String prefix, LayerDescription.StoredWeight stored) {
    AffineGrid grid = stored.weight().grid();
    CheckpointCodes codes = codes(stored.weight().codes());
    Shape shape = Shape.of(codes.rows(), codes.columns());
    if (codes.layout() == CodeLayout.NIBBLES) {
      Shape packed =
          Shape.of(codes.rows(), codes.layout().rowBytes(codes.columns()) / Integer.BYTES);
      tensors.add(new CodesTensor(prefix + "weight_packed", DType.I32, packed, codes));
      tensors.add(
          MemoryTensor.ofLongs(
              prefix + "weight_shape", Shape.of(2), new long[] {codes.rows(), codes.columns()}));
    } else {
      tensors.add(new CodesTensor(prefix + "weight", DType.I8, shape, codes));
    }
    tensors.add(
        MemoryTensor.of(prefix + "weight_scale", Tensor.of(grid.scale(), grid.groups(), 1)));
    if (!grid.format().symmetric()) {
      tensors.add(zeroPoints(prefix + "weight_zero_point", grid, codes.layout()));
    }
    stored
        .balance()
        .ifPresent(s -> tensors.add(MemoryTensor.of(prefix + "balance", Tensor.of(s, s.length))));
  }

  /**
   * z - 2^(b-1) as int8 [out, 1]; beside packed weights z as nibbles of int32 [out/8 rounded up,
   * 1], as compressed-tensors packs them.
   */
  private static StoredTensor zeroPoints(String name, AffineGrid grid, CodeLayout layout) {
    int[] zeroPoint = grid.zeroPoint();
    requireInRange(name, grid);
    if (layout == CodeLayout.BYTES) {
      return MemoryTensor.ofBytes(
          name, DType.I8, Shape.of(grid.groups(), 1), signed(zeroPoint, grid.format()));
    }
    int words = (zeroPoint.length + 7) / 8;
    int[] packed = new int[words];
    for (int i = 0; i < zeroPoint.length; i++) {
      packed[i / 8] |= zeroPoint[i] << 4 * (i % 8);
    }
    return MemoryTensor.ofInts(name, Shape.of(words, 1), packed);
  }

  private static void addStaticGrid(
      List<StoredTensor> tensors, String prefix, ActivationQuantization activation) {
    AffineGrid grid;
    if (activation instanceof StaticTensor scheme) {
      grid = scheme.grid();
    } else if (activation instanceof StaticToken scheme) {
      grid = scheme.grid();
    } else {
      return;
    }
    tensors.add(MemoryTensor.of(prefix + "input_scale", Tensor.of(grid.scale(), grid.groups())));
    if (!grid.format().symmetric()) {
      requireInRange(prefix + "input_zero_point", grid);
      tensors.add(
          MemoryTensor.ofBytes(
              prefix + "input_zero_point",
              DType.I8,
              Shape.of(grid.groups()),
              signed(grid.zeroPoint(), grid.format())));
    }
  }

  private static byte[] signed(int[] zeroPoint, IntegerFormat format) {
    byte[] signed = new byte[zeroPoint.length];
    for (int i = 0; i < signed.length; i++) {
      signed[i] = (byte) (zeroPoint[i] - (1 << (format.bits() - 1)));
    }
    return signed;
  }

  private static void requireInRange(String name, AffineGrid grid) {
    for (int z : grid.zeroPoint()) {
      if (z < grid.format().minCode() || z > grid.format().maxCode()) {
        throw new IllegalArgumentException(
            name + " is " + z + ": grids of the published quirks cannot be stored.");
      }
    }
  }

  private static CheckpointCodes codes(WeightCodes codes) {
    if (codes instanceof CheckpointCodes stored) {
      return stored;
    }
    throw new IllegalArgumentException("Only codes made by this module can be stored.");
  }
}
