package org.viditq.onnx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.tensor.Shape;

/**
 * Linear layers in the plugin dialect: quantized ones as a quantizer's node, which layers on one
 * input share, and the integer product's node with its epilogue; full-precision ones in ONNX's own
 * operators.
 */
final class PluginLowering extends LinearLowering {
  private final GraphRecorder recorder;
  private final PointwiseLowering pointwise;
  private final ShapeLowering shapes;
  private final Operators<OnnxValue> operators;
  private final ActiveSet activeSet;
  private final PluginTokens tokens;
  private final Map<LinearInput<OnnxValue>, OnnxValue> values = new HashMap<>();
  private boolean hasPlugins;

  /**
   * @param operators that compute what full-precision layers take
   */
  PluginLowering(
      GraphRecorder recorder,
      PointwiseLowering pointwise,
      ShapeLowering shapes,
      Operators<OnnxValue> operators) {
    super(recorder, OnnxOptions.LinearForm.FLOAT32, pointwise, shapes);
    this.recorder = recorder;
    this.pointwise = pointwise;
    this.shapes = shapes;
    this.operators = operators;
    this.activeSet = new ActiveSet(recorder);
    this.tokens = new PluginTokens(recorder, pointwise, shapes, activeSet);
  }

  /** What chooses the weight sets. */
  ActiveSet activeSet() {
    return activeSet;
  }

  @Override
  OnnxLinear quantized(QuantizedLinearParameters parameters) {
    hasPlugins = true;
    PluginLayer layer = new PluginLayer(recorder, parameters);
    activeSet.add(layer);
    return layer;
  }

  @Override
  OnnxValue apply(OnnxValue x, Linear layer, Epilogue<OnnxValue> epilogue) {
    return apply(LinearInput.of(x), layer, epilogue);
  }

  OnnxValue apply(LinearInput<OnnxValue> x, Linear layer, Epilogue<OnnxValue> epilogue) {
    requireOwn(layer);
    if (!(layer instanceof PluginLayer plugin)) {
      return super.apply(value(x), layer, epilogue);
    }
    LinearInput<OnnxValue> taken = plugin.rotation().isPresent() ? LinearInput.of(value(x)) : x;
    Optional<OnnxValue> own = plugin.branch().map(branch -> value(x));
    return product(x.shape(operators), tokens.of(taken, plugin), own, plugin, epilogue);
  }

  List<OnnxValue> applyAll(LinearInput<OnnxValue> x, List<Linear> layers) {
    List<OnnxValue> results = new ArrayList<>();
    for (Linear layer : layers) {
      results.add(apply(x, layer, Epilogue.none()));
    }
    return results;
  }

  OnnxValue feedForward(
      LinearInput<OnnxValue> x,
      Linear up,
      Activation activation,
      Linear down,
      Epilogue<OnnxValue> epilogue) {
    if (activation == Activation.GELU_TANH
        && down instanceof PluginLayer plugin
        && plugin.rotation().isEmpty()
        && plugin.branch().isEmpty()) {
      requireOwn(down);
      OnnxValue hidden = apply(x, up, Epilogue.none());
      return product(
          hidden.shape(), tokens.ofGelu(hidden, plugin), Optional.empty(), plugin, epilogue);
    }
    return apply(apply(x, up, Epilogue.activation(activation)), down, epilogue);
  }

  /** What is taken as it is, computed once for all that take it. */
  private OnnxValue value(LinearInput<OnnxValue> x) {
    LinearInput<OnnxValue> whole = x.inSequences(1);
    OnnxValue known = values.get(whole);
    if (known == null) {
      known = whole.value(operators);
      values.put(whole, known);
    }
    return known;
  }

  /**
   * @param branchInput what the layer's branch takes; empty if it has none
   */
  private OnnxValue product(
      Shape x,
      PluginTokens.Tokens input,
      Optional<OnnxValue> branchInput,
      PluginLayer layer,
      Epilogue<OnnxValue> epilogue) {
    QuantizedLinearParameters parameters = layer.parameters();
    Shape result =
        ResultShapes.linear(
            parameters,
            x,
            epilogue.gate().map(OnnxValue::shape),
            epilogue.residual().map(OnnxValue::shape));
    boolean inside =
        branchInput.isEmpty()
            && (epilogue.activation() == Activation.NONE
                || epilogue.activation() == Activation.GELU_TANH);
    Epilogue<OnnxValue> own = inside ? epilogue : Epilogue.none();
    Optional<OnnxValue> set = activeSet.of(layer, layer.weightSets());
    Optional<OnnxValue> bias = bias(layer);
    NodeBuilder node =
        Plugins.node(recorder, "ViditqQuantizedLinear", parameters.name())
            .inputs(input.values())
            .inputs(layer.weights());
    set.ifPresent(node::inputs);
    bias.ifPresent(node::inputs);
    own.gate().ifPresent(node::inputs);
    own.residual().ifPresent(node::inputs);
    OnnxValue y =
        node.attribute("channels", parameters.outFeatures())
            .attribute("inner", parameters.inFeatures())
            .attribute("weight_bits", layer.weightBits())
            .attribute("x_symmetric", layer.inputFormat().symmetric() ? 1 : 0)
            .attribute("activation", own.activation() == Activation.GELU_TANH ? 1 : 0)
            .attribute("output_type", outputType())
            .attribute("has_active_set", set.isPresent() ? 1 : 0)
            .attribute("has_bias", bias.isPresent() ? 1 : 0)
            .attribute("has_gate", own.gate().isPresent() ? 1 : 0)
            .attribute("has_residual", own.residual().isPresent() ? 1 : 0)
            .result(result);
    if (inside) {
      return y;
    }
    OnnxValue sum =
        branchInput
            .map(in -> pointwise.combine("Add", y, layer.branch().get().product(in, result)))
            .orElse(y);
    return finish(sum, parameters.name(), epilogue);
  }

  /** float32 [channels], looked up where ranges have different ones. */
  private Optional<OnnxValue> bias(PluginLayer layer) {
    Optional<OnnxValue> set = activeSet.of(layer, layer.biasSets());
    if (set.isEmpty()) {
      return layer.biases();
    }
    int channels = layer.parameters().outFeatures();
    OnnxValue row =
        recorder
            .node("Gather")
            .of(layer.parameters().name())
            .inputs(layer.biases().get(), set.get())
            .attribute("axis", 0)
            .result(ElementType.FLOAT, Shape.of(1, channels));
    return Optional.of(shapes.reshape(row, channels));
  }

  /** VIDITQ_CUDA_FLOAT32, .. in viditq_cuda.h. */
  private int outputType() {
    return switch (recorder.real()) {
      case FLOAT16 -> 1;
      case BFLOAT16 -> 2;
      default -> 0;
    };
  }

  /** A graph that needs the plugin library anyway adds what is gated in one of its nodes, too. */
  @Override
  OnnxValue finish(OnnxValue y, String layer, Epilogue<OnnxValue> epilogue) {
    if (!hasPlugins || epilogue.gate().isEmpty() || epilogue.residual().isEmpty()) {
      return super.finish(y, layer, epilogue);
    }
    OnnxValue activated = pointwise.activate(y, epilogue.activation());
    return Plugins.node(recorder, "ViditqGatedResidual", layer)
        .inputs(activated, epilogue.gate().get(), epilogue.residual().get())
        .result(activated.shape());
  }
}
