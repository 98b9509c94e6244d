package org.viditq.onnx;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.DenoiserValues;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.InputSpec;
import org.viditq.core.model.InputSpec.Axis;
import org.viditq.core.model.LatentGeometry;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.PreparedDenoiser;
import org.viditq.core.tensor.Shape;

/**
 * One evaluation of a denoiser of any family as an ONNX graph. Its inputs are called and shaped as
 * {@link DenoiserModel#inputs()} says, its output {@link InputNames#PREDICTION}.
 */
public final class DenoiserGraph {
  private DenoiserGraph() {}

  /**
   * Records a model for inputs like those of an evaluation.
   *
   * @param parameters must stay open until the graph is written
   * @param like gives the extents, says which optional inputs there are, and in the portable
   *     dialect the timestep whose range quantized layers are in; full-precision ones are the same
   *     at all
   * @throws ShapeException if the inputs are not those of the model
   */
  public static OnnxGraph record(
      DenoiserModel model, Parameters parameters, OnnxOptions options, DenoiserInput like) {
    try (OnnxOperators operators = new OnnxOperators(options)) {
      operators.selectTimestep(like.timestep());
      Map<String, OnnxValue> inputs = new LinkedHashMap<>();
      Map<String, Integer> chosen = new HashMap<>();
      for (InputSpec spec : model.inputs()) {
        like.find(spec.name())
            .ifPresent(
                tensor -> {
                  Shape shape = tensor.shape();
                  choose(spec, shape, chosen);
                  inputs.put(spec.name(), operators.input(spec.name(), shape.toArray()));
                });
      }
      OnnxValue prediction =
          model.prepare(parameters, operators).evaluate(computed(inputs, operators));
      return operators.graph(
          model.family().toLowerCase(Locale.ROOT),
          Map.of(InputNames.PREDICTION, operators.exact(prediction)));
    }
  }

  /**
   * Records a model for all extents: batch, frames, height, width and prompt lengths are chosen
   * when the graph is run, as multiples of the model's patches. Inputs that an evaluation may leave
   * out are there; the timestep is an input. In the plugin dialect, where quantized layers have
   * several weight sets, the index of their range is an input, too ({@value ActiveSetRanges#INPUT},
   * int32 [1]).
   *
   * @param parameters must stay open until the graph is written
   * @param timestep whose range quantized layers are in, which the portable dialect needs where
   *     they have several, and nobody else looks at
   * @throws UsageException if it is needed and not there
   * @throws org.viditq.core.error.BackendException naming a layer or value that cannot be exported
   *     so
   */
  public static OnnxGraph recordOpen(
      DenoiserModel model, Parameters parameters, OnnxOptions options, OptionalDouble timestep) {
    try (OnnxOperators operators = new OnnxOperators(options.open())) {
      operators.selectSet(timestep);
      PreparedDenoiser<OnnxValue> prepared = model.prepare(parameters, operators);
      OpenRecording.Opened opened =
          open(model, operators, values -> List.of(operators.exact(prepared.evaluate(values))));
      return operators.graph(
          model.family().toLowerCase(Locale.ROOT),
          Map.of(InputNames.PREDICTION, opened.outputs().get(0)),
          opened.dimensions());
    }
  }

  /** Extents that a graph of the model with these inputs is recorded with. */
  static Probes probes(DenoiserModel model, List<GraphInput> inputs) {
    LatentGeometry.Patch patch = model.latents().patch();
    return Probes.of(
        inputs,
        Map.of(
            Axis.FRAMES.name(),
            patch.frames(),
            Axis.HEIGHT.name(),
            patch.height(),
            Axis.WIDTH.name(),
            patch.width()),
        isSquare(model));
  }

  /**
   * Records evaluations of a model for all extents.
   *
   * @param evaluate from inputs in the format that is computed with to outputs, which are not named
   *     yet; called several times
   */
  static OpenRecording.Opened open(
      DenoiserModel model,
      OnnxOperators operators,
      Function<DenoiserValues<OnnxValue>, List<OnnxValue>> evaluate) {
    List<GraphInput> inputs = model.inputs().stream().map(GraphInput::floats).toList();
    return OpenRecording.record(
        operators.recorder(),
        inputs,
        probes(model, inputs),
        values -> evaluate.apply(computed(values, operators)));
  }

  /** Whether pictures must be as high as they are wide. */
  private static boolean isSquare(DenoiserModel model) {
    LatentGeometry.Patch patch = model.latents().patch();
    try {
      model.requireLatents(patch.frames(), 2 * patch.height(), patch.width());
      return false;
    } catch (UsageException refused) {
      return true;
    }
  }

  /** Large inputs in the format that is computed with; timesteps and other numbers as they are. */
  static DenoiserValues<OnnxValue> computed(
      Map<String, OnnxValue> inputs, OnnxOperators operators) {
    Map<String, OnnxValue> values = new HashMap<>(inputs);
    for (String name :
        List.of(
            InputNames.LATENTS,
            InputNames.TEXT,
            InputNames.MASK,
            InputNames.TEXT_2,
            InputNames.MASK_2)) {
      values.computeIfPresent(name, (key, value) -> operators.computed(value));
    }
    return valuesOf(values);
  }

  private static DenoiserValues<OnnxValue> valuesOf(Map<String, OnnxValue> inputs) {
    return new DenoiserValues<>() {
      @Override
      public Optional<OnnxValue> find(String name) {
        return Optional.ofNullable(inputs.get(name));
      }
    };
  }

  /** Extents that are chosen per evaluation are equal wherever they occur. */
  private static void choose(InputSpec spec, Shape shape, Map<String, Integer> chosen) {
    boolean fits = shape.rank() == spec.axes().size();
    for (int axis = 0; fits && axis < shape.rank(); axis++) {
      Axis expected = spec.axes().get(axis);
      int extent = shape.dim(axis);
      fits =
          expected.isFixed()
              ? extent == expected.fixed()
              : chosen.merge(expected.name(), extent, (known, found) -> known) == extent;
    }
    if (!fits) {
      throw new ShapeException(
          "Input " + spec.name() + " " + shape + " is not what the model takes.");
    }
  }
}
