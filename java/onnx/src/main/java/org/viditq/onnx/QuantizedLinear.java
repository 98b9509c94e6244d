package org.viditq.onnx;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.error.UsageException;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * A quantized layer in ONNX's own operators: codes and int32 sums are those of the reference, to
 * the bit, unless its input is rotated, which {@link RotationLowering} does up to rounding. It
 * shows that what is exported means the same; it is not fast.
 */
final class QuantizedLinear implements OnnxLinear {
  private final GraphRecorder recorder;
  private final PointwiseLowering pointwise;
  private final RotationLowering rotations;
  private final ActivationQuantizer quantizer;
  private final QuantizedLinearParameters parameters;
  private final Optional<BranchLowering> branch;
  private final Map<Integer, Weights> weights = new HashMap<>();

  QuantizedLinear(
      GraphRecorder recorder,
      PointwiseLowering pointwise,
      RotationLowering rotations,
      ActivationQuantizer quantizer,
      QuantizedLinearParameters parameters) {
    this.recorder = recorder;
    this.pointwise = pointwise;
    this.rotations = rotations;
    this.quantizer = quantizer;
    this.parameters = parameters;
    this.branch = parameters.branch().map(own -> new BranchLowering(recorder, parameters, own));
  }

  /**
   * The constants of a weight set.
   *
   * @param codes qw, [in, out]
   * @param zeroPoint zw, [out]
   * @param sums Σ (qw - zw), [out]
   * @param scale Δw, [out]
   * @param divisors of the input, signs of its rotation included, [in]
   * @param correction added behind the scales, [out]
   */
  private record Weights(
      OnnxValue codes,
      OnnxValue zeroPoint,
      OnnxValue sums,
      OnnxValue scale,
      Optional<OnnxValue> divisors,
      Optional<OnnxValue> correction) {}

  @Override
  public QuantizedLinearParameters parameters() {
    return parameters;
  }

  /**
   * Δa Δw (Σ qa (qw - zw) - za Σ (qw - zw)) with the weight set of the timestep, its correction and
   * the branch.
   */
  @Override
  public OnnxValue product(OnnxValue x, Shape result, double timestep) {
    if (Double.isNaN(timestep) && parameters.sets().size() > 1) {
      throw new UsageException(
          "Layer "
              + parameters.name()
              + " has weights for several ranges of timesteps, of which a graph of the portable"
              + " dialect holds one; say which with --timestep, or export in the plugin dialect.");
    }
    int chosen = parameters.setFor(timestep);
    Weights set = weights.computeIfAbsent(chosen, this::weights);
    ActivationQuantizer.Quantized input = quantized(x, set, parameters.sets().get(chosen));
    OnnxValue sums =
        recorder
            .node("MatMulInteger")
            .of(parameters.name())
            .inputs(input.codes(), set.codes())
            .withoutInput() // the activations' zero point, which engines take for whole tensors
            // only
            .inputs(set.zeroPoint())
            .result(ElementType.INT32, result);
    OnnxValue correction = pointwise.combine("Mul", input.zeroPoint(), set.sums());
    OnnxValue exact = pointwise.combine("Sub", pointwise.cast(sums, ElementType.INT64), correction);
    OnnxValue scaled =
        pointwise.combine("Mul", pointwise.cast(exact, ElementType.FLOAT), input.scale());
    OnnxValue y = pointwise.combine("Mul", scaled, set.scale());
    if (branch.isPresent()) {
      y = pointwise.combine("Add", y, branch.get().product(x, result));
    }
    return set.correction().isPresent() ? pointwise.combine("Add", y, set.correction().get()) : y;
  }

  private ActivationQuantizer.Quantized quantized(OnnxValue x, Weights set, WeightSet definition) {
    if (definition.rotation().isEmpty()) {
      return quantizer.quantize(x, set.divisors(), definition.activation());
    }
    OnnxValue divided = set.divisors().map(s -> pointwise.combine("Div", x, s)).orElse(x);
    OnnxValue rotated = rotations.rotate(divided, definition.rotation().get());
    return quantizer.quantize(rotated, Optional.empty(), definition.activation());
  }

  private Weights weights(int index) {
    WeightSet set = parameters.sets().get(index);
    AffineGrid grid = set.weight().grid();
    CodeConstant codes = new CodeConstant(set.weight());
    return new Weights(
        named("weight_codes", codes),
        named("weight_zero_point", IntegerConstant.of(codes.type(), grid.zeroPoint())),
        named("weight_code_sums", new CodeSums(set.weight())),
        named("weight_scale", new TensorConstant(Tensor.of(grid.scale(), grid.groups()))),
        divisors(set).map(s -> vector("balance", s)),
        set.correction().map(values -> vector("correction", values)));
  }

  private Optional<float[]> divisors(WeightSet set) {
    return set.rotation()
        .map(rotation -> rotation.divisors(set.balance(), parameters.inFeatures()))
        .orElse(set.balance());
  }

  private OnnxValue vector(String what, float[] values) {
    return named(what, new TensorConstant(Tensor.of(values, values.length)));
  }

  private OnnxValue named(String what, ConstantData data) {
    return recorder.constant(parameters.name() + "." + what, data);
  }
}
