package org.viditq.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.UsageException;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.operators.Convolution;
import org.viditq.core.operators.ConvolutionParameters;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.PositionTable;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.OnnxOptions.Dialect;

/**
 * The operator contract as a recorder of ONNX graphs: a model definition evaluated on it gives the
 * graph that computes the model.
 *
 * <pre>{@code
 * try (OnnxOperators operators = new OnnxOperators(OnnxOptions.STANDARD)) {
 *   OnnxValue x = operators.input("x", 1, 4, 32, 32);
 *   OnnxGraph graph = operators.graph("model", Map.of("y", model.forward(x)));
 *   graph.write(folder);
 * }
 * }</pre>
 *
 * <p>Shapes are fixed when they are recorded, and so are, in the portable dialect, the weights that
 * quantized layers have at the timestep; for graphs with open shapes see {@link
 * DenoiserGraph#recordOpen}. {@link #read} gives constants only; everything else is not known
 * before the graph is run, so NaN or infinity in what a quantized layer is given are not refused.
 * Weights stay where they are stored until the graph is written. For one thread.
 */
public final class OnnxOperators implements Operators<OnnxValue> {
  private static final Logger LOG = LoggerFactory.getLogger(OnnxOperators.class);

  /** Once per process: a model is recorded several times. */
  private static final AtomicBoolean SAID_ATTENTION = new AtomicBoolean();

  private final OnnxOptions options;
  private final GraphRecorder recorder;
  private final PointwiseLowering pointwise;
  private final ShapeLowering shapes;
  private final NormalizationLowering normalization;
  private final EmbeddingLowering embedding;
  private final ConvolutionLowering convolution;
  private final AttentionLowering attention;

  /** Of attention in int8, in the plugin dialect. */
  private final Optional<PluginAttention> integerAttention;

  private final LinearLowering linear;

  /** The same as {@link #linear} in the plugin dialect. */
  private final Optional<PluginLowering> plugins;

  /** Of graphs for all extents. */
  private final Optional<PositionLowering> positions;

  /**
   * @throws UsageException if the options contradict each other
   */
  public OnnxOperators(OnnxOptions options) {
    boolean plugin = options.dialect() == Dialect.PLUGIN;
    if (!plugin && options.format() != FloatFormat.FP32) {
      throw new UsageException(
          "The portable dialect computes in float32; export other formats in the plugin dialect.");
    }
    this.options = options;
    this.recorder = new GraphRecorder(options.format().type());
    this.pointwise = new PointwiseLowering(recorder);
    this.shapes = new ShapeLowering(recorder);
    this.normalization = new NormalizationLowering(recorder, pointwise, shapes, plugin);
    this.embedding = new EmbeddingLowering(recorder, pointwise, shapes);
    this.convolution = new ConvolutionLowering(recorder, shapes);
    this.positions =
        options.openExtents()
            ? Optional.of(new PositionLowering(recorder, pointwise, shapes))
            : Optional.empty();
    this.attention =
        switch (options.attention()) {
          case STANDARD -> new AttentionLowering(recorder, pointwise, shapes);
          case ONNX_RUNTIME -> new OnnxRuntimeAttention(recorder, pointwise, shapes);
          case NODE -> new AttentionNode(recorder, pointwise, shapes);
        };
    this.integerAttention =
        plugin ? Optional.of(new PluginAttention(recorder, pointwise, shapes)) : Optional.empty();
    this.plugins =
        plugin
            ? Optional.of(new PluginLowering(recorder, pointwise, shapes, this))
            : Optional.empty();
    this.linear =
        plugin ? plugins.get() : new LinearLowering(recorder, options.linear(), pointwise, shapes);
  }

  GraphRecorder recorder() {
    return recorder;
  }

  /** x in the format that is computed with. */
  OnnxValue computed(OnnxValue x) {
    return pointwise.cast(x, recorder.real());
  }

  /** x as float32, as inputs and outputs are. */
  OnnxValue exact(OnnxValue x) {
    return pointwise.cast(x, ElementType.FLOAT);
  }

  /** What chooses the weight sets; empty in the portable dialect. */
  Optional<ActiveSet> activeSet() {
    return plugins.map(PluginLowering::activeSet);
  }

  /** A tensor that stays where it lies until a graph is written. */
  OnnxValue stored(StoredTensor tensor) {
    return recorder.constant(tensor.name(), new FloatConstant(tensor, recorder.real()));
  }

  /** Rows of a table by indices of any shape, [.., C]. */
  OnnxValue lookUp(OnnxValue table, OnnxValue indices) {
    int[] dims = Arrays.copyOf(indices.shape().toArray(), indices.shape().rank() + 1);
    dims[dims.length - 1] = table.shape().dim(1);
    return recorder
        .node("Gather")
        .inputs(table, indices)
        .attribute("axis", 0)
        .result(Shape.of(dims));
  }

  /**
   * An input of the graph, float32.
   *
   * @throws UsageException if the name is empty or taken
   */
  public OnnxValue input(String name, int... dims) {
    return recorder.input(name, ElementType.FLOAT, Shape.of(dims));
  }

  /**
   * The graph that computes some values.
   *
   * @param name of the graph
   * @param outputs by the names they are to have, in the map's order
   * @throws UsageException if there is no output or a name is taken
   */
  public OnnxGraph graph(String name, Map<String, OnnxValue> outputs) {
    return graph(name, outputs, Map.of());
  }

  /**
   * As {@link #graph(String, Map)}.
   *
   * @param dimensions of inputs and outputs, as the graph is to name them; those of values that are
   *     not in it are numbers
   */
  OnnxGraph graph(
      String name, Map<String, OnnxValue> outputs, Map<OnnxValue, List<String>> dimensions) {
    if (outputs.isEmpty()) {
      throw new UsageException("The ONNX graph " + name + " needs at least one output.");
    }
    Map<OnnxValue, List<String>> named = new HashMap<>(dimensions);
    List<OnnxValue> values = new ArrayList<>();
    outputs.forEach(
        (output, value) -> {
          OnnxValue result = recorder.output(output, value);
          values.add(result);
          if (dimensions.containsKey(value)) {
            named.put(result, dimensions.get(value));
          }
        });
    String ranges =
        activeSet().filter(ActiveSet::isInput).map(set -> set.ranges().describe()).orElse("");
    return new OnnxGraph(
        name,
        new OnnxGraph.Description(
            options.opset(),
            named,
            ranges.isEmpty() ? Map.of() : Map.of(ActiveSetRanges.METADATA, ranges)),
        values);
  }

  @Override
  public OnnxValue table(PositionTable table) {
    return positions.isPresent() ? positions.get().of(table) : recorder.constant(table.tensor());
  }

  @Override
  public OnnxValue constant(Tensor tensor) {
    return recorder.constant(tensor);
  }

  /**
   * @throws BackendException if the value is not a constant
   */
  @Override
  public Tensor read(OnnxValue value) {
    recorder.requireOwn(value);
    if (value.origin() instanceof OnnxValue.Origin.Constant constant
        && constant.data() instanceof TensorConstant tensor) {
      return tensor.tensor();
    }
    throw new BackendException(
        "The value "
            + value
            + " is not known while an ONNX graph is recorded; a model that needs it cannot be"
            + " exported with it as an input.");
  }

  @Override
  public Shape shape(OnnxValue value) {
    return value.shape();
  }

  @Override
  public Linear prepare(LinearParameters parameters) {
    recorder.requireOpen();
    return linear.prepare(parameters);
  }

  @Override
  public Convolution prepare(ConvolutionParameters parameters) {
    recorder.requireOpen();
    return convolution.prepare(parameters);
  }

  @Override
  public void selectTimestep(double timestep) {
    if (!Double.isFinite(timestep)) {
      throw new UsageException("The timestep is " + timestep + "; give a number from 0 to 1000.");
    }
    linear.selectTimestep(timestep);
  }

  /**
   * As {@link #selectTimestep}; without one, layers with several weight sets are refused in the
   * portable dialect.
   */
  void selectSet(OptionalDouble timestep) {
    timestep.ifPresentOrElse(this::selectTimestep, () -> linear.selectTimestep(Double.NaN));
  }

  @Override
  public OnnxValue linear(OnnxValue x, Linear layer, Epilogue<OnnxValue> epilogue) {
    return linear.apply(x, layer, epilogue);
  }

  @Override
  public OnnxValue linear(LinearInput<OnnxValue> x, Linear layer, Epilogue<OnnxValue> epilogue) {
    return plugins.isPresent()
        ? plugins.get().apply(x, layer, epilogue)
        : Operators.super.linear(x, layer, epilogue);
  }

  @Override
  public List<OnnxValue> linears(LinearInput<OnnxValue> x, List<Linear> layers) {
    return plugins.isPresent()
        ? plugins.get().applyAll(x, layers)
        : Operators.super.linears(x, layers);
  }

  @Override
  public OnnxValue feedForward(
      LinearInput<OnnxValue> x,
      Linear up,
      Activation activation,
      Linear down,
      Epilogue<OnnxValue> epilogue) {
    return plugins.isPresent()
        ? plugins.get().feedForward(x, up, activation, down, epilogue)
        : Operators.super.feedForward(x, up, activation, down, epilogue);
  }

  @Override
  public OnnxValue convolution(OnnxValue x, Convolution layer) {
    return convolution.convolution(x, layer);
  }

  @Override
  public OnnxValue layerNorm(
      OnnxValue x, Optional<OnnxValue> gamma, Optional<OnnxValue> beta, float eps) {
    return normalization.layerNorm(x, gamma, beta, eps);
  }

  @Override
  public OnnxValue layerNormModulate(OnnxValue x, OnnxValue shift, OnnxValue scale, float eps) {
    return normalization.layerNormModulate(x, shift, scale, eps);
  }

  @Override
  public OnnxValue rmsNorm(OnnxValue x, OnnxValue weight, float eps) {
    return normalization.rmsNorm(x, weight, eps);
  }

  @Override
  public OnnxValue groupNorm(OnnxValue x, OnnxValue gamma, OnnxValue beta, int groups, float eps) {
    return normalization.groupNorm(x, gamma, beta, groups, eps);
  }

  @Override
  public OnnxValue activate(OnnxValue x, Activation activation) {
    return pointwise.activate(x, activation);
  }

  @Override
  public OnnxValue add(OnnxValue a, OnnxValue b) {
    ResultShapes.together("add", a.shape(), b.shape());
    return pointwise.combine("Add", a, b);
  }

  @Override
  public OnnxValue multiply(OnnxValue a, OnnxValue b) {
    ResultShapes.together("multiply", a.shape(), b.shape());
    return pointwise.combine("Mul", a, b);
  }

  @Override
  public OnnxValue scale(OnnxValue x, float factor) {
    return pointwise.scale(x, factor);
  }

  @Override
  public OnnxValue attention(
      OnnxValue q,
      OnnxValue k,
      OnnxValue v,
      int heads,
      float scale,
      Optional<OnnxValue> bias,
      AttentionPrecision precision) {
    return attention(precision).attention(q, k, v, heads, scale, bias);
  }

  @Override
  public OnnxValue attentionPacked(
      OnnxValue q,
      OnnxValue k,
      OnnxValue v,
      int heads,
      float scale,
      int[] lengths,
      AttentionPrecision precision) {
    return attention(precision).attentionPacked(q, k, v, heads, scale, lengths);
  }

  /** What computes attention in a precision; as everything else, where graphs do not have it. */
  private AttentionLowering attention(AttentionPrecision precision) {
    if (precision == AttentionPrecision.INT8 && integerAttention.isPresent()) {
      return integerAttention.get();
    }
    if (precision != AttentionPrecision.FP32 && !SAID_ATTENTION.getAndSet(true)) {
      LOG.warn(
          "The plan has attention in {}, which graphs of this dialect do not have; they compute it"
              + " as everything that is not quantized.",
          precision);
    }
    return attention;
  }

  @Override
  public OnnxValue rotary(OnnxValue x, OnnxValue cos, OnnxValue sin) {
    return embedding.rotary(x, cos, sin);
  }

  @Override
  public OnnxValue embedding(OnnxValue table, int[] indices) {
    return embedding.rows(table, indices);
  }

  @Override
  public OnnxValue embeddingOf(OnnxValue table, OnnxValue indices) {
    return embedding.rows(table, indices);
  }

  @Override
  public boolean computesAtOnce() {
    return false;
  }

  @Override
  public OnnxValue timestepEmbedding(
      OnnxValue timesteps, int dimension, boolean flip, float shift) {
    return embedding.timesteps(timesteps, dimension, flip, shift);
  }

  @Override
  public OnnxValue patchEmbedding(OnnxValue x, Convolution projection) {
    return convolution.patchEmbedding(x, projection);
  }

  @Override
  public OnnxValue reshape(OnnxValue x, int... dims) {
    return shapes.reshape(x, dims);
  }

  @Override
  public OnnxValue permute(OnnxValue x, int... permutation) {
    return shapes.permute(x, permutation);
  }

  @Override
  public OnnxValue concat(List<OnnxValue> parts, int axis) {
    return shapes.concat(parts, axis);
  }

  @Override
  public OnnxValue slice(OnnxValue x, int axis, int from, int to) {
    return shapes.slice(x, axis, from, to);
  }

  @Override
  public OnnxValue broadcast(OnnxValue x, int... dims) {
    return shapes.broadcast(x, dims);
  }

  @Override
  public OnnxValue upsampleNearest2x(OnnxValue x) {
    return shapes.upsampleNearest2x(x);
  }

  /** Ends the recording; graphs made before stay valid. */
  @Override
  public void close() {
    recorder.close();
  }
}
