package org.viditq.bench.roofline;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.operators.Convolution;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.ForwardingOperators;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearInput;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.PositionTable;
import org.viditq.core.operators.Precision;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.tensor.Tensor;

/**
 * Operators whose calls are timed and whose {@link Work} is counted, one by one, told by the role
 * that layers have in the model; for backends that compute at once.
 *
 * <p>What the native backend computes in one kernel stays one call: LayerNorm, modulation and
 * quantization before quantized layers, all of a quantized feed-forward layer. What it computes
 * step by step is told step by step: the input of full-precision layers, their feed-forward, and
 * self attention, which is cut into projections and products so that both show. Attention belongs
 * to the layers that were applied last before it, those that made its operands.
 */
public final class RooflineOperators<V> extends ForwardingOperators<V> {
  private static final String NORM = "norm";
  private static final String QUANTIZATION = "quantization";
  private static final String GATE = "gate";
  private static final String RESIDUAL = "residual";

  private final Precision dense;
  private final Map<String, LinearLayer.Type> types = new HashMap<>();
  private final RooflineProfile profile;
  private double timestep;
  private String attention = "";

  /**
   * @param dense what layers multiply that are not quantized
   * @param layers of the model, whose types tell the roles
   * @param profile takes what is measured, beside what it holds
   */
  public RooflineOperators(
      Operators<V> inner, Precision dense, List<LinearLayer> layers, RooflineProfile profile) {
    super(inner);
    this.dense = dense;
    this.profile = profile;
    layers.forEach(layer -> types.put(layer.name(), layer.type()));
  }

  private <T> T measured(OperatorKind kind, Supplier<T> call, Function<T, Work> work) {
    long start = System.nanoTime();
    T result = call.get();
    profile.add(kind, System.nanoTime() - start, work.apply(result));
    return result;
  }

  /** A call without layers, {@code operations} per value of its result. */
  private V pointwise(String operator, long operations, Supplier<V> call, List<V> operands) {
    return measured(
        OperatorKind.of(operator),
        call,
        result ->
            OperatorWork.pointwise(
                operations, values(result), operands.stream().mapToLong(this::values).sum()));
  }

  /** A call that reads as many values as it writes. */
  private V copied(String operator, Supplier<V> call) {
    return measured(OperatorKind.of(operator), call, result -> Work.values(2 * values(result)));
  }

  private long values(V value) {
    return shape(value).size();
  }

  private OperatorWork work() {
    return new OperatorWork(dense, timestep);
  }

  @Override
  public void selectTimestep(double timestep) {
    this.timestep = timestep;
    super.selectTimestep(timestep);
  }

  // ---- layers ---------------------------------------------------------------------------------

  private static boolean isQuantized(Linear layer) {
    return layer.parameters() instanceof QuantizedLinearParameters;
  }

  private static List<LinearParameters> parameters(List<Linear> layers) {
    return layers.stream().map(Linear::parameters).toList();
  }

  /** The role of layers on one input, and what they multiply. */
  private OperatorKind kind(List<Linear> layers, List<String> with) {
    LinearParameters first = layers.get(0).parameters();
    String role =
        LayerRoles.of(
            Optional.ofNullable(types.get(first.name())),
            layers.stream().map(layer -> layer.parameters().name()).toList());
    return new OperatorKind(role + ", " + numbers(first), with);
  }

  private String numbers(LinearParameters layer) {
    return layer instanceof QuantizedLinearParameters quantized
        ? "int" + quantized.sets().get(quantized.setFor(timestep)).weight().grid().format().bits()
        : dense.toString();
  }

  private void remember(Linear layer) {
    attention =
        Optional.ofNullable(types.get(layer.parameters().name()))
            .map(type -> type.label() + ": ")
            .orElse("");
  }

  private List<String> before(LinearInput<V> x, Linear layer) {
    List<String> with = new ArrayList<>();
    if (x instanceof LinearInput.Modulated<V>) {
      with.add(NORM);
    }
    if (isQuantized(layer)) {
      with.add(QUANTIZATION);
    }
    return with;
  }

  private static <V> List<String> after(Epilogue<V> epilogue) {
    List<String> with = new ArrayList<>();
    if (epilogue.activation() != Activation.NONE) {
      with.add(nameOf(epilogue.activation()));
    }
    epilogue.gate().ifPresent(gate -> with.add(GATE));
    epilogue.residual().ifPresent(residual -> with.add(RESIDUAL));
    return with;
  }

  private static String nameOf(Activation activation) {
    return switch (activation) {
      case NONE -> "";
      case SILU -> "SiLU";
      case GELU_TANH, GELU_ERF -> "GELU";
      case RELU -> "ReLU";
    };
  }

  private static List<String> joined(List<String> first, List<String> second) {
    List<String> all = new ArrayList<>(first);
    all.addAll(second);
    return all;
  }

  private Work input(LinearInput<V> x) {
    if (x instanceof LinearInput.Modulated<V> modulated) {
      return OperatorWork.modulated(
          values(modulated.x()), values(modulated.shift()), values(modulated.scale()));
    }
    return OperatorWork.plain(x.shape(this).size());
  }

  private Work epilogue(Epilogue<V> epilogue, long results) {
    return work()
        .epilogue(
            results,
            epilogue.activation(),
            epilogue.gate().map(this::values),
            epilogue.residual().isPresent());
  }

  /** What backends compute on the way to a full-precision layer, they compute before it. */
  private LinearInput<V> asComputed(LinearInput<V> x, Linear layer) {
    return isQuantized(layer) ? x : LinearInput.of(x.value(this)).inSequences(x.sequences());
  }

  @Override
  public V linear(V x, Linear layer, Epilogue<V> epilogue) {
    return linear(LinearInput.of(x), layer, epilogue);
  }

  @Override
  public V linear(LinearInput<V> x, Linear layer, Epilogue<V> epilogue) {
    LinearInput<V> computed = asComputed(x, layer);
    remember(layer);
    return measured(
        kind(List.of(layer), joined(before(computed, layer), after(epilogue))),
        () -> inner().linear(computed, layer, epilogue),
        result ->
            work()
                .linear(
                    shape(result).rows(),
                    input(computed),
                    layer.parameters(),
                    epilogue(epilogue, values(result))));
  }

  @Override
  public List<V> linears(V x, List<Linear> layers) {
    return linears(LinearInput.of(x), layers);
  }

  @Override
  public List<V> linears(LinearInput<V> x, List<Linear> layers) {
    if (layers.isEmpty()) {
      return inner().linears(x, layers);
    }
    LinearInput<V> computed = asComputed(x, layers.get(0));
    remember(layers.get(0));
    return measured(
        kind(layers, before(computed, layers.get(0))),
        () -> inner().linears(computed, layers),
        results ->
            work().linears(shape(results.get(0)).rows(), input(computed), parameters(layers)));
  }

  @Override
  public V feedForward(
      LinearInput<V> x, Linear up, Activation activation, Linear down, Epilogue<V> epilogue) {
    if (!isQuantized(up) || !isQuantized(down)) {
      return super.feedForward(x, up, activation, down, epilogue);
    }
    List<String> before = joined(before(x, up), List.of(nameOf(activation)));
    return measured(
        kind(List.of(up, down), joined(before, after(epilogue))),
        () -> inner().feedForward(x, up, activation, down, epilogue),
        result ->
            work()
                .feedForward(
                    shape(result).rows(),
                    input(x),
                    up.parameters(),
                    activation,
                    down.parameters(),
                    epilogue(epilogue, values(result))));
  }

  // ---- attention ------------------------------------------------------------------------------

  @Override
  public V attention(
      V q, V k, V v, int heads, float scale, Optional<V> bias, AttentionPrecision precision) {
    long scores = (long) shape(q).rows() * shape(k).dim(1) * heads;
    return attention(
        q,
        k,
        v,
        heads,
        scores,
        bias,
        precision,
        () -> super.attention(q, k, v, heads, scale, bias, precision));
  }

  @Override
  public V attentionPacked(
      V q, V k, V v, int heads, float scale, int[] lengths, AttentionPrecision precision) {
    // Every query of a sample sees the sample's keys.
    long scores = (long) shape(q).dim(1) * Arrays.stream(lengths).asLongStream().sum() * heads;
    return attention(
        q,
        k,
        v,
        heads,
        scores,
        Optional.empty(),
        precision,
        () -> super.attentionPacked(q, k, v, heads, scale, lengths, precision));
  }

  private V attention(
      V q,
      V k,
      V v,
      int heads,
      long scores,
      Optional<V> bias,
      AttentionPrecision precision,
      Supplier<V> call) {
    return measured(
        OperatorKind.of(attention + "scores and values, " + precision, "softmax"),
        call,
        result ->
            OperatorWork.attention(
                shape(q),
                shape(k),
                shape(v),
                heads,
                scores,
                bias.map(this::values).orElse(0L),
                precision));
  }

  // ---- everything else ------------------------------------------------------------------------

  @Override
  public V constant(Tensor tensor) {
    return copied("constant", () -> super.constant(tensor));
  }

  @Override
  public V table(PositionTable table) {
    return copied("constant", () -> super.table(table));
  }

  @Override
  public Tensor read(V value) {
    return measured(
        OperatorKind.of("read"),
        () -> super.read(value),
        tensor -> Work.values(2L * tensor.size()));
  }

  @Override
  public V convolution(V x, Convolution layer) {
    return convolved("convolution", x, layer, () -> super.convolution(x, layer));
  }

  @Override
  public V patchEmbedding(V x, Convolution projection) {
    return convolved("patch embedding", x, projection, () -> super.patchEmbedding(x, projection));
  }

  private V convolved(String operator, V x, Convolution layer, Supplier<V> call) {
    return measured(
        OperatorKind.of(operator),
        call,
        result -> OperatorWork.convolution(layer.parameters(), values(x), values(result)));
  }

  @Override
  public V layerNorm(V x, Optional<V> gamma, Optional<V> beta, float eps) {
    return measured(
        OperatorKind.of("layer norm"),
        () -> super.layerNorm(x, gamma, beta, eps),
        result ->
            OperatorWork.norm(
                values(x), gamma.map(this::values).orElse(0L) + beta.map(this::values).orElse(0L)));
  }

  @Override
  public V layerNormModulate(V x, V shift, V scale, float eps) {
    return measured(
        OperatorKind.of("layer norm, modulation"),
        () -> super.layerNormModulate(x, shift, scale, eps),
        result ->
            OperatorWork.modulated(values(x), values(shift), values(scale))
                .plus(Work.values(values(result))));
  }

  /** Square, sum, product with 1/rms, weight. */
  @Override
  public V rmsNorm(V x, V weight, float eps) {
    return pointwise("rms norm", 4, () -> super.rmsNorm(x, weight, eps), List.of(x, weight));
  }

  @Override
  public V groupNorm(V x, V gamma, V beta, int groups, float eps) {
    return measured(
        OperatorKind.of("group norm"),
        () -> super.groupNorm(x, gamma, beta, groups, eps),
        result -> OperatorWork.norm(values(x), values(gamma) + values(beta)));
  }

  @Override
  public V activate(V x, Activation activation) {
    return pointwise(
        "activation",
        OperatorWork.activation(activation),
        () -> super.activate(x, activation),
        List.of(x));
  }

  @Override
  public V add(V a, V b) {
    return pointwise("addition", 1, () -> super.add(a, b), List.of(a, b));
  }

  @Override
  public V multiply(V a, V b) {
    return pointwise("multiplication", 1, () -> super.multiply(a, b), List.of(a, b));
  }

  @Override
  public V scale(V x, float factor) {
    return pointwise("multiplication", 1, () -> super.scale(x, factor), List.of(x));
  }

  /** Two products and a sum. */
  @Override
  public V rotary(V x, V cos, V sin) {
    return pointwise("rotary embedding", 3, () -> super.rotary(x, cos, sin), List.of(x, cos, sin));
  }

  @Override
  public V embedding(V table, int[] indices) {
    return copied("embedding", () -> super.embedding(table, indices));
  }

  @Override
  public V embeddingOf(V table, V indices) {
    return copied("embedding", () -> super.embeddingOf(table, indices));
  }

  /** Frequency, product, sine or cosine. */
  @Override
  public V timestepEmbedding(V timesteps, int dimension, boolean flip, float shift) {
    return pointwise(
        "timestep embedding",
        3,
        () -> super.timestepEmbedding(timesteps, dimension, flip, shift),
        List.of(timesteps));
  }

  /** Nothing is moved. */
  @Override
  public V reshape(V x, int... dims) {
    return measured(OperatorKind.of("reshape"), () -> super.reshape(x, dims), result -> Work.NONE);
  }

  @Override
  public V permute(V x, int... permutation) {
    return copied("permute", () -> super.permute(x, permutation));
  }

  @Override
  public V concat(List<V> parts, int axis) {
    return copied("concat", () -> super.concat(parts, axis));
  }

  @Override
  public V slice(V x, int axis, int from, int to) {
    return copied("slice", () -> super.slice(x, axis, from, to));
  }

  @Override
  public V broadcast(V x, int... dims) {
    return pointwise("broadcast", 0, () -> super.broadcast(x, dims), List.of(x));
  }

  @Override
  public V upsampleNearest2x(V x) {
    return pointwise("upsampling", 0, () -> super.upsampleNearest2x(x), List.of(x));
  }
}
