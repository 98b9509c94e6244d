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
 * the bit. It shows that what is exported means the same; it is not fast.
 */
final class QuantizedLinear implements OnnxLinear {
  private final GraphRecorder recorder;
  private final PointwiseLowering pointwise;
  private final ActivationQuantizer quantizer;
  private final QuantizedLinearParameters parameters;
  private final Map<Integer, Weights> weights = new HashMap<>();

  QuantizedLinear(
      GraphRecorder recorder,
      PointwiseLowering pointwise,
      ActivationQuantizer quantizer,
      QuantizedLinearParameters parameters) {
    this.recorder = recorder;
    this.pointwise = pointwise;
    this.quantizer = quantizer;
    this.parameters = parameters;
  }

  /**
   * The constants of a weight set.
   *
   * @param codes qw, [in, out]
   * @param zeroPoint zw, [out]
   * @param sums Σ (qw - zw), [out]
   * @param scale Δw, [out]
   * @param balance s, [in]
   */
  private record Weights(
      OnnxValue codes,
      OnnxValue zeroPoint,
      OnnxValue sums,
      OnnxValue scale,
      Optional<OnnxValue> balance) {}

  @Override
  public QuantizedLinearParameters parameters() {
    return parameters;
  }

  /** Δa Δw (Σ qa (qw - zw) - za Σ (qw - zw)) with the weight set of the timestep. */
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
    ActivationQuantizer.Quantized input =
        quantizer.quantize(x, set.balance(), parameters.sets().get(chosen).activation());
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
    return pointwise.combine("Mul", scaled, set.scale());
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
        set.balance().map(s -> named("balance", new TensorConstant(Tensor.of(s, s.length)))));
  }

  private OnnxValue named(String what, ConstantData data) {
    return recorder.constant(parameters.name() + "." + what, data);
  }
}
