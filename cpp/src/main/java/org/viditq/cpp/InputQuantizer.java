package org.viditq.cpp;

import java.util.Optional;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.operators.LinearInput.Modulated;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.GridGroups;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.tensor.Shape;
import org.viditq.cpp.bridge.Bridge;

/** Turns the input of quantized layers into codes. */
final class InputQuantizer implements AutoCloseable {
  private final NativeContext context;
  private final NativeMemory memory;
  private final NativeIntegerOperators integers;

  InputQuantizer(NativeContext context, NativeMemory memory) {
    this.context = context;
    this.memory = memory;
    this.integers = new NativeIntegerOperators(context.isa());
  }

  /**
   * Codes of x / s.
   *
   * @param x [.., C]; [B, N, C] for the schemes that go by token index
   * @param balance s [C]; empty for 1
   * @throws NonFiniteException naming the layer if x / s holds NaN or infinity
   */
  ActivationCodes quantize(
      String layer, NativeInput x, Optional<CountedMemory> balance, ActivationQuantization scheme) {
    GridGroups.of(scheme, x.shape()); // checks the shape
    if (isDeployed(scheme)) {
      return x.definition() instanceof Modulated<NativeTensor> modulated
          ? quantizeModulated(layer, modulated, balance, scheme.format())
          : quantizeTokens(layer, x.value(), balance, scheme.format());
    }
    if (balance.isEmpty()) {
      return quantizeOnHeap(layer, x.value(), scheme);
    }
    try (NativeTensor divided = divide(layer, x.value(), balance.get())) {
      return quantizeOnHeap(layer, divided, scheme);
    }
  }

  /** Whether it is the form that checkpoints are deployed in: a grid per row, found on the way. */
  static boolean isDeployed(ActivationQuantization scheme) {
    return scheme instanceof DynamicToken dynamic
        && dynamic.smallScales() == SmallScaleRule.PER_GROUP;
  }

  private NativeTensor divide(String layer, NativeTensor x, CountedMemory balance) {
    Shape shape = x.shape();
    NativeTensor divided = memory.allocate(shape);
    int status =
        Bridge.viditq_divide(
            context.handle(),
            x.data(),
            shape.rows(),
            shape.dim(-1),
            balance.floats(),
            divided.data());
    NativeLibrary.check(status, "balancing of the input of layer " + layer);
    return divided;
  }

  /** For comparison only: these schemes take the way through the Java heap. */
  private ActivationCodes quantizeOnHeap(
      String layer, NativeTensor x, ActivationQuantization scheme) {
    try {
      return ActivationCodes.of(memory, integers.quantize(x.read(), scheme));
    } catch (NonFiniteException e) {
      throw new NonFiniteException(
          "The input of quantized layer " + layer + " holds NaN, infinity or too wide a range.", e);
    }
  }

  /** The deployed form: division and quantization in one pass over each row. */
  private ActivationCodes quantizeTokens(
      String layer, NativeTensor x, Optional<CountedMemory> balance, IntegerFormat format) {
    ActivationCodes codes =
        new ActivationCodes(memory, format, x.shape().rows(), x.shape().dim(-1));
    int status =
        Bridge.viditq_quantize(
            context.handle(),
            x.data(),
            balance.map(CountedMemory::floats).orElse(null),
            codes.rows(),
            codes.columns(),
            format.bits(),
            format.symmetric() ? 1 : 0,
            codes.codes(),
            codes.scale(),
            codes.zeroPoint(),
            codes.rowSum());
    NativeLibrary.check(status, "quantization of the input of layer " + layer);
    return codes;
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
            input.x().data(),
            shape.dim(0),
            shape.dim(1),
            shape.dim(2),
            input.shift().data(),
            input.shift().shape().dim(0),
            input.scale().data(),
            input.scale().shape().dim(0),
            input.eps(),
            balance.map(CountedMemory::floats).orElse(null),
            format.bits(),
            format.symmetric() ? 1 : 0,
            codes.codes(),
            codes.scale(),
            codes.zeroPoint(),
            codes.rowSum());
    NativeLibrary.check(
        status, "layerNormModulate and quantization of the input of layer " + layer);
    return codes;
  }

  @Override
  public void close() {
    integers.close();
  }
}
