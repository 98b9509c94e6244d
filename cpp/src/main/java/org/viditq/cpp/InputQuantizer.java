package org.viditq.cpp;

import java.util.Optional;
import org.bytedeco.javacpp.IntPointer;
import org.viditq.core.operators.LinearInput.Modulated;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.GridGroups;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.tensor.Shape;
import org.viditq.cpp.bridge.Bridge;
import org.viditq.cpp.bridge.viditq_modulation;
import org.viditq.cpp.bridge.viditq_tokens;

/** Turns the input of quantized layers into codes. */
final class InputQuantizer {
  private final NativeContext context;
  private final NativeMemory memory;
  // Operands of calls, one at a time; to allocate them anew would take as long as small calls.
  private final viditq_tokens tokens = new viditq_tokens();
  private final viditq_modulation modulation = new viditq_modulation();

  InputQuantizer(NativeContext context, NativeMemory memory) {
    this.context = context;
    this.memory = memory;
  }

  /**
   * Codes of x / s, rotated.
   *
   * @param x [.., C]; [B, N, C] for the schemes that go by token index
   * @param balance s [C], with the rotation's signs; empty for 1
   * @param rotation empty for none
   * @throws org.viditq.core.error.NonFiniteException naming the layer if x / s holds NaN or
   *     infinity, or has a range beyond float32
   */
  ActivationCodes quantize(
      String layer,
      NativeInput x,
      Optional<CountedMemory> balance,
      Optional<NativeRotation> rotation,
      ActivationQuantization scheme) {
    GridGroups groups = GridGroups.of(scheme, x.shape());
    if (rotation.isPresent()) {
      return isDeployed(scheme)
          ? quantizeRotated(layer, x.value(), balance, rotation.get(), scheme.format())
          : quantizeGroupsRotated(layer, x.value(), balance, rotation.get(), groups);
    }
    if (isDeployed(scheme)) {
      return x.definition() instanceof Modulated<NativeTensor> modulated
          ? quantizeModulated(layer, modulated, balance, scheme.format())
          : quantizeTokens(layer, x.value(), balance, scheme.format());
    }
    return quantizeGroups(layer, x.value(), balance, groups);
  }

  /** Whether it is the form that checkpoints are deployed in: a grid per row, found on the way. */
  static boolean isDeployed(ActivationQuantization scheme) {
    return scheme instanceof DynamicToken dynamic
        && dynamic.smallScales() == SmallScaleRule.PER_GROUP;
  }

  /** The deployed form: division and quantization in one pass over each row. */
  private ActivationCodes quantizeTokens(
      String layer, NativeTensor x, Optional<CountedMemory> balance, IntegerFormat format) {
    ActivationCodes codes =
        new ActivationCodes(memory, format, x.shape().rows(), x.shape().dim(-1));
    int status =
        Bridge.viditq_quantize_tokens(
            context.handle(),
            x.data(),
            balance.map(CountedMemory::floats).orElse(null),
            codes.in(tokens));
    NativeLibrary.check(status, "quantization of the input of layer " + layer);
    return codes;
  }

  /** The deployed form with a rotation: division, rotation and quantization in one pass. */
  private ActivationCodes quantizeRotated(
      String layer,
      NativeTensor x,
      Optional<CountedMemory> balance,
      NativeRotation rotation,
      IntegerFormat format) {
    ActivationCodes codes =
        new ActivationCodes(memory, format, x.shape().rows(), x.shape().dim(-1));
    int status =
        Bridge.viditq_quantize_rotated_tokens(
            context.handle(),
            x.data(),
            balance.map(CountedMemory::floats).orElse(null),
            rotation.operand(),
            codes.in(tokens));
    NativeLibrary.check(status, "rotation and quantization of the input of layer " + layer);
    return codes;
  }

  /** For comparison only: the rotated input is written first. */
  private ActivationCodes quantizeGroupsRotated(
      String layer,
      NativeTensor x,
      Optional<CountedMemory> balance,
      NativeRotation rotation,
      GridGroups groups) {
    try (NativeTensor rotated = memory.allocate(x.shape())) {
      int status =
          Bridge.viditq_rotate(
              context.handle(),
              x.data(),
              x.shape().rows(),
              x.shape().dim(-1),
              balance.map(CountedMemory::floats).orElse(null),
              rotation.operand(),
              rotated.data());
      NativeLibrary.check(status, "rotation of the input of layer " + layer);
      return quantizeGroups(layer, rotated, Optional.empty(), groups);
    }
  }

  /** The same with LayerNorm and modulation before them, in one pass. */
  private ActivationCodes quantizeModulated(
      String layer,
      Modulated<NativeTensor> input,
      Optional<CountedMemory> balance,
      IntegerFormat format) {
    Shape shape = input.x().shape();
    ActivationCodes codes = new ActivationCodes(memory, format, shape.rows(), shape.dim(-1));
    int status =
        Bridge.viditq_layer_norm_modulate_quantize(
            context.handle(),
            NativeNormalization.operands(
                modulation, input.x(), input.shift(), input.scale(), input.eps()),
            balance.map(CountedMemory::floats).orElse(null),
            codes.in(tokens));
    NativeLibrary.check(
        status, "layerNormModulate and quantization of the input of layer " + layer);
    return codes;
  }

  /** Static grids, and grids that rows share: measured where they are dynamic, then encoded. */
  private ActivationCodes quantizeGroups(
      String layer, NativeTensor x, Optional<CountedMemory> balance, GridGroups groups) {
    AffineGrid grid = groups.calibrated().orElseGet(() -> measure(layer, x, balance, groups));
    int count = groups.count();
    IntegerFormat format = grid.format();
    ActivationCodes codes =
        new ActivationCodes(memory, format, x.shape().rows(), x.shape().dim(-1));
    try (NativeTensor grids = memory.allocate(Shape.of(2, count))) {
      int status =
          Bridge.viditq_quantize_groups(
              context.handle(),
              x.data(),
              balance.map(CountedMemory::floats).orElse(null),
              count,
              grids.data().put(grid.scale(), 0, count),
              new IntPointer(grids.dataAt(count)).put(grid.zeroPoint(), 0, count),
              codes.in(tokens));
      NativeLibrary.check(status, "quantization of the input of layer " + layer);
    }
    return codes;
  }

  /** The rules about grids are those of {@link GridGroups}; only ranges are found natively. */
  private AffineGrid measure(
      String layer, NativeTensor x, Optional<CountedMemory> balance, GridGroups groups) {
    int count = groups.count();
    float[] lo = new float[count];
    float[] hi = new float[count];
    try (NativeTensor ranges = memory.allocate(Shape.of(2, count))) {
      int status =
          Bridge.viditq_measure_range(
              context.handle(),
              x.data(),
              balance.map(CountedMemory::floats).orElse(null),
              x.shape().rows(),
              x.shape().dim(-1),
              count,
              ranges.data(),
              ranges.dataAt(count));
      NativeLibrary.check(status, "range measurement of the input of layer " + layer);
      ranges.data().get(lo, 0, count);
      ranges.dataAt(count).get(hi, 0, count);
    }
    return groups.measured(lo, hi, "The input of quantized layer " + layer);
  }
}
