package org.viditq.onnx;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.LinearInput.Modulated;
import org.viditq.core.operators.LinearInput.Plain;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.quant.HadamardMatrix;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.Rotation;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * Inputs of quantized layers as codes: a quantizer's node for each input, format and balance,
 * however many layers take it.
 */
final class PluginTokens {
  private final GraphRecorder recorder;
  private final PointwiseLowering pointwise;
  private final ShapeLowering shapes;
  private final ActiveSet activeSet;
  private final Map<Key, Tokens> done = new HashMap<>();
  private final Map<Balance, OnnxValue> balances = new HashMap<>();
  private final Map<Integer, OnnxValue> matrices = new HashMap<>();
  private final Map<OnnxValue, OnnxValue> exactConstants = new HashMap<>();

  PluginTokens(
      GraphRecorder recorder,
      PointwiseLowering pointwise,
      ShapeLowering shapes,
      ActiveSet activeSet) {
    this.recorder = recorder;
    this.pointwise = pointwise;
    this.shapes = shapes;
    this.activeSet = activeSet;
  }

  /**
   * A quantizer's results.
   *
   * @param values codes [.., inner rounded up], scale, zero point and sum of each row
   */
  record Tokens(List<OnnxValue> values) {}

  /** What is quantized, and what is done to it on its way. */
  private record Source(LinearInput<OnnxValue> x, boolean gelu) {}

  private record Key(
      Source source,
      Optional<Rotation> rotation,
      IntegerFormat format,
      Optional<OnnxValue> balance,
      Optional<OnnxValue> set) {}

  /** By its values. */
  private record Balance(int sets, List<Float> values) {}

  /** x of a layer; a value of its own if the layer rotates it. */
  Tokens of(LinearInput<OnnxValue> x, PluginLayer layer) {
    return of(new Source(x.inSequences(1), false), layer);
  }

  /** GELU of x, tanh form, of a layer that does not rotate it. */
  Tokens ofGelu(OnnxValue x, PluginLayer layer) {
    return of(new Source(LinearInput.of(x), true), layer);
  }

  private Tokens of(Source source, PluginLayer layer) {
    Optional<OnnxValue> balance = layer.balance().map(values -> balance(layer, values));
    Optional<OnnxValue> set = balance.flatMap(values -> activeSet.of(layer, layer.divisors()));
    Key key = new Key(source, layer.rotation(), layer.inputFormat(), balance, set);
    Tokens known = done.get(key);
    if (known == null) {
      known = record(key, layer);
      done.put(key, known);
    }
    return known;
  }

  private OnnxValue balance(PluginLayer layer, Tensor values) {
    Float[] boxed = new Float[values.size()];
    Arrays.setAll(boxed, i -> values.data()[i]);
    return balances.computeIfAbsent(
        new Balance(values.dim(0), List.of(boxed)),
        balance ->
            recorder.constant(layer.parameters().name() + ".balance", new TensorConstant(values)));
  }

  private Tokens record(Key key, PluginLayer layer) {
    final NodeBuilder node;
    OnnxValue x;
    if (key.source().x() instanceof Modulated<OnnxValue> modulated) {
      x = modulated.x();
      Shape rows =
          ResultShapes.together("modulation", modulated.shift().shape(), modulated.scale().shape());
      OnnxValue shift = perSample(modulated.shift(), rows);
      OnnxValue scale = perSample(modulated.scale(), rows);
      node = plugin("ViditqNormModulateQuantize", layer).inputs(x, shift, scale);
    } else {
      x = ((Plain<OnnxValue>) key.source().x()).x();
      node = plugin(operator(key), layer).inputs(x);
      key.rotation().filter(own -> own.base() > 1).ifPresent(own -> node.inputs(matrix(own)));
    }
    key.balance().ifPresent(node::inputs);
    key.set().ifPresent(node::inputs);
    node.attribute("bits", key.format().bits())
        .attribute("symmetric", key.format().symmetric() ? 1 : 0)
        .attribute("has_balance", key.balance().isPresent() ? 1 : 0)
        .attribute("has_active_set", key.set().isPresent() ? 1 : 0);
    if (key.source().x() instanceof Modulated<OnnxValue> modulated) {
      node.attribute("epsilon", modulated.eps());
    }
    key.rotation()
        .ifPresent(
            own ->
                node.attribute("block", own.block())
                    .attribute("regular", own.kind() == Rotation.Kind.REGULAR ? 1 : 0)
                    .attribute("has_matrix", own.base() > 1 ? 1 : 0));
    int[] codes = x.shape().toArray();
    Shape rows = Shape.of(Arrays.copyOf(codes, codes.length - 1));
    codes[codes.length - 1] = PackedWeights.rowBytes(codes[codes.length - 1]);
    return new Tokens(
        node.results(
            List.of(ElementType.INT8, ElementType.FLOAT, ElementType.INT32, ElementType.INT32),
            List.of(Shape.of(codes), rows, rows, rows)));
  }

  private static String operator(Key key) {
    if (key.rotation().isPresent()) {
      return "ViditqHadamardQuantize";
    }
    return key.source().gelu() ? "ViditqGeluQuantize" : "ViditqQuantize";
  }

  /** The outer matrix of a rotation. */
  private OnnxValue matrix(Rotation rotation) {
    return matrices.computeIfAbsent(
        rotation.base(),
        order -> {
          int[] entries =
              Arrays.stream(HadamardMatrix.of(order)).flatMapToInt(Arrays::stream).toArray();
          return recorder.constant(
              "hadamard." + order, IntegerConstant.matrix(ElementType.INT8, order, order, entries));
        });
  }

  /** float32, and the same extents for shift and scale. */
  private OnnxValue perSample(OnnxValue x, Shape rows) {
    OnnxValue exact = exact(x);
    return x.shape().equals(rows) ? exact : shapes.broadcast(exact, rows.toArray());
  }

  /** As float32; of a constant, its values before they were rounded. */
  private OnnxValue exact(OnnxValue x) {
    if (x.type() != ElementType.FLOAT
        && x.origin() instanceof OnnxValue.Origin.Constant constant
        && constant.data() instanceof TensorConstant tensor) {
      return exactConstants.computeIfAbsent(
          x, rounded -> recorder.constant(tensor.tensor(), ElementType.FLOAT));
    }
    return pointwise.cast(x, ElementType.FLOAT);
  }

  private NodeBuilder plugin(String operator, PluginLayer layer) {
    return Plugins.node(recorder, operator, layer.parameters().name());
  }
}
