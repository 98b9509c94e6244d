package org.viditq.onnx;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.PreparedDenoiser;
import org.viditq.core.model.cache.BlockCache;
import org.viditq.core.model.cache.StepCache;
import org.viditq.core.tensor.Shape;

/**
 * A denoiser of any family as three graphs for all extents, with which steps of a sampling can take
 * from earlier ones what all blocks add ({@link StepCache#blocks}). With h the tokens in front of
 * the blocks, B(h) those behind them, and m what the first block's self attention sees:
 *
 * <pre>
 *   probe   latents, .., m' of the step before  ──►  m, Σ|m - m'| and Σ|m'|
 *   full    latents, ..                         ──►  prediction, r = B(h) - h
 *   tail    latents, .., r                      ──►  prediction from h + r
 * </pre>
 *
 * <p>The inputs that are left out here are those of {@link DenoiserGraph#recordOpen}, as far as a
 * graph needs them: probe and tail know nothing of the text where only the blocks look at it. All
 * values that go in and out are float32 in every format. In 16-bit formats r is the difference of
 * the tokens as they are, so that h + r, rounded, are again the tokens behind the blocks.
 *
 * @param probe input {@value #EARLIER_INPUT}; outputs {@value #INPUT}, of the same shape, and
 *     {@value #CHANGE} [2], summed in float32, first along the channels. An earlier input of one
 *     token per sample, or of one sample, is taken for all
 * @param full outputs {@value InputNames#PREDICTION} and {@value #RESIDUAL}
 * @param tail input {@value #RESIDUAL}; output {@value InputNames#PREDICTION}
 */
public record StepCachingGraphs(OnnxGraph probe, OnnxGraph full, OnnxGraph tail) {
  public static final String INPUT = "block_input";
  public static final String EARLIER_INPUT = "earlier_block_input";
  public static final String CHANGE = "change";
  public static final String RESIDUAL = "residual";

  /**
   * Records the graphs.
   *
   * @param parameters must stay open until they are written
   * @throws org.viditq.core.error.BackendException naming a layer or value that cannot be exported
   *     so
   */
  public static StepCachingGraphs record(
      DenoiserModel model, Parameters parameters, OnnxOptions options) {
    return new StepCachingGraphs(
        record(model, parameters, options, "_probe", Probe::new),
        record(model, parameters, options, "_full", Full::new),
        record(model, parameters, options, "_tail", Tail::new));
  }

  private static OnnxGraph record(
      DenoiserModel model,
      Parameters parameters,
      OnnxOptions options,
      String suffix,
      Function<OnnxOperators, Part> form) {
    try (OnnxOperators operators = new OnnxOperators(options.open())) {
      operators.selectSet(OptionalDouble.empty());
      PreparedDenoiser<OnnxValue> prepared = model.prepare(parameters, operators);
      Part part = form.apply(operators);
      OpenRecording.Opened opened =
          DenoiserGraph.open(
              model, operators, values -> part.values(prepared.evaluate(values, part)));
      Map<String, OnnxValue> outputs = new LinkedHashMap<>();
      for (int i = 0; i < part.outputs().size(); i++) {
        outputs.put(part.outputs().get(i), opened.outputs().get(i));
      }
      return operators.graph(
          model.family().toLowerCase(Locale.ROOT) + suffix, outputs, opened.dimensions());
    }
  }

  /** Records one of the graphs. */
  private abstract static class Part implements StepCache<OnnxValue> {
    final OnnxOperators operators;
    private int recordings;

    Part(OnnxOperators operators) {
      this.operators = operators;
    }

    /** Names of the outputs. */
    abstract List<String> outputs();

    /**
     * What an evaluation with this has given.
     *
     * @return the outputs, and behind them inputs of the part's own, so that the names of their
     *     extents are found
     */
    abstract List<OnnxValue> values(OnnxValue prediction);

    /**
     * An input whose extents follow from others, which {@link OpenRecording} does not know of; each
     * recording has one of its own.
     */
    OnnxValue input(String name, Shape shape) {
      int recording = recordings++;
      return operators.input(recording == 0 ? name : name + "#" + recording, shape.toArray());
    }

    OnnxValue difference(OnnxValue a, OnnxValue b) {
      return operators.recorder().node("Sub").inputs(a, b).result(ElementType.FLOAT, a.shape());
    }

    @Override
    public BlockCache<OnnxValue> block(int index) {
      return (part, epilogue, compute) -> compute.apply(epilogue);
    }
  }

  private static final class Probe extends Part {
    private OnnxValue seen;
    private OnnxValue earlier;

    Probe(OnnxOperators operators) {
      super(operators);
    }

    @Override
    public OnnxValue blocks(
        OnnxValue hidden, Supplier<OnnxValue> input, UnaryOperator<OnnxValue> compute) {
      seen = operators.exact(input.get());
      earlier = input(EARLIER_INPUT, seen.shape());
      return hidden; // nobody asks for what comes of it
    }

    @Override
    List<String> outputs() {
      return List.of(INPUT, CHANGE);
    }

    @Override
    List<OnnxValue> values(OnnxValue prediction) {
      OnnxValue change =
          operators.concat(List.of(magnitude(difference(seen, earlier)), magnitude(earlier)), 0);
      return List.of(seen, change, earlier);
    }

    /** The sum of magnitudes, [1]. */
    private OnnxValue magnitude(OnnxValue x) {
      int rank = x.shape().rank();
      int[] perToken = x.shape().toArray();
      perToken[rank - 1] = 1;
      int[] one = new int[rank];
      Arrays.fill(one, 1);
      OnnxValue tokens = sum("ReduceL1", x, Shape.of(perToken), -1);
      OnnxValue all = sum("ReduceSum", tokens, Shape.of(one), IntStream.range(0, rank).toArray());
      return operators.reshape(all, 1);
    }

    private OnnxValue sum(String operator, OnnxValue x, Shape result, int... axes) {
      GraphRecorder recorder = operators.recorder();
      return recorder
          .node(operator)
          .inputs(x, recorder.indices(axes))
          .attribute("keepdims", 1)
          .result(ElementType.FLOAT, result);
    }
  }

  private static final class Full extends Part {
    private OnnxValue residual;

    Full(OnnxOperators operators) {
      super(operators);
    }

    @Override
    public OnnxValue blocks(
        OnnxValue hidden, Supplier<OnnxValue> input, UnaryOperator<OnnxValue> compute) {
      OnnxValue result = compute.apply(hidden);
      residual = difference(operators.exact(result), operators.exact(hidden));
      return result;
    }

    @Override
    List<String> outputs() {
      return List.of(InputNames.PREDICTION, RESIDUAL);
    }

    @Override
    List<OnnxValue> values(OnnxValue prediction) {
      return List.of(operators.exact(prediction), residual);
    }
  }

  private static final class Tail extends Part {
    private OnnxValue residual;

    Tail(OnnxOperators operators) {
      super(operators);
    }

    @Override
    public OnnxValue blocks(
        OnnxValue hidden, Supplier<OnnxValue> input, UnaryOperator<OnnxValue> compute) {
      residual = input(RESIDUAL, hidden.shape());
      return operators.computed(operators.add(operators.exact(hidden), residual));
    }

    @Override
    List<String> outputs() {
      return List.of(InputNames.PREDICTION);
    }

    @Override
    List<OnnxValue> values(OnnxValue prediction) {
      return List.of(operators.exact(prediction), residual);
    }
  }
}
