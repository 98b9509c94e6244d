package org.viditq.onnx;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.error.ShapeException;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.DenoiserValues;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.InputSpec;
import org.viditq.core.model.Parameters;
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
   * @param like gives the extents, says which optional inputs there are, and the timestep whose
   *     range quantized layers are in; full-precision ones are the same at all
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
      OnnxValue prediction = model.prepare(parameters, operators).evaluate(valuesOf(inputs));
      return operators.graph(
          model.family().toLowerCase(Locale.ROOT), Map.of(InputNames.PREDICTION, prediction));
    }
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
      InputSpec.Axis expected = spec.axes().get(axis);
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
