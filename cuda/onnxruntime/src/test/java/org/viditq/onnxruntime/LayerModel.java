package org.viditq.onnxruntime;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.viditq.core.quant.IntegerFormat;

/**
 * A quantized linear layer as a model: x [.., inner] to y [.., channels] through a quantizer and a
 * linear node, the set of weights an input {@code set}; what tests vary are its fields.
 */
final class LayerModel {
  final PackedSets weights;
  final IntegerFormat tokens;
  ElementKind kind = ElementKind.FLOAT32;
  boolean bias;
  boolean gelu;
  boolean gated;

  /** Weights as inputs of the model instead of constants. */
  boolean weightsAsInputs;

  /** Scales of 1 for tokens and weights: y holds the sums. */
  boolean sumsOnly;

  LayerModel(PackedSets weights, IntegerFormat tokens) {
    this.weights = weights;
    this.tokens = tokens;
  }

  /** What the inputs of the weights are called, in the order of the node. */
  Map<String, Operand> weightOperands() {
    Map<String, Operand> operands = new HashMap<>();
    operands.put("w_codes", weights.codes());
    operands.put("w_scale", sumsOnly ? weights.unitScale() : weights.scale());
    operands.put("w_zero_point", weights.zeroPoint());
    operands.put("w_centered_sum", weights.centeredSum());
    return operands;
  }

  /**
   * @param biases [channels], where there is a bias
   */
  NodeModel model(float[] biases) {
    NodeModel model = new NodeModel().input("x", kind, "batch", "tokens", weights.inner);
    model.input("set", ElementKind.INT32, 1);
    model.node(
        "ViditqQuantize",
        Map.of("bits", tokens.bits(), "symmetric", symmetric(tokens)),
        List.of("x"),
        List.of("codes", "x_scale", "x_zero_point", "x_row_sum"));
    String scale = "x_scale";
    if (sumsOnly) {
      scale = "ones";
      model.input("ones", ElementKind.FLOAT32, "batch", "tokens");
      model.output("x_scale", ElementKind.FLOAT32, "batch", "tokens");
    }
    weightOperands()
        .forEach(
            (name, operand) -> {
              if (weightsAsInputs) {
                model.input(name, operand.kind(), "sets", operand.extents()[1]);
              } else {
                model.constant(name, operand);
              }
            });
    List<String> inputs =
        new ArrayList<>(
            List.of(
                "codes",
                scale,
                "x_zero_point",
                "x_row_sum",
                "w_codes",
                "w_scale",
                "w_zero_point",
                "w_centered_sum",
                "set"));
    if (bias) {
      model.constant("bias", Operand.floats(biases, weights.channels));
      inputs.add("bias");
    }
    if (gated) {
      model.input("gate", kind, "batch", 1, weights.channels);
      model.input("residual", kind, "batch", "tokens", weights.channels);
      inputs.add("gate");
      inputs.add("residual");
    }
    model.node("ViditqQuantizedLinear", fields(), inputs, List.of("y"));
    return model.output("y", kind, "batch", "tokens", weights.channels);
  }

  Map<String, Integer> fields() {
    Map<String, Integer> fields = new HashMap<>();
    fields.put("channels", weights.channels);
    fields.put("inner", weights.inner);
    fields.put("weight_bits", weights.storageBits);
    fields.put("x_symmetric", symmetric(tokens));
    fields.put("activation", gelu ? 1 : 0);
    fields.put("output_type", kind.field());
    fields.put("has_active_set", 1);
    fields.put("has_bias", bias ? 1 : 0);
    fields.put("has_gate", gated ? 1 : 0);
    fields.put("has_residual", gated ? 1 : 0);
    return fields;
  }

  private static int symmetric(IntegerFormat format) {
    return format.symmetric() ? 1 : 0;
  }
}
