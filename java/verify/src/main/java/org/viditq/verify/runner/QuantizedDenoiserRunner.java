package org.viditq.verify.runner;

import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.QuantizedParameters;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.ModelDenoiser;
import org.viditq.core.quant.ActivationQuantization.StaticTensor;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.calibrate.CalibrationRecorder;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.calibrate.ObservingOperators;
import org.viditq.quantize.calibrate.StaticGridOperators;
import org.viditq.quantize.plan.ActivationMode;
import org.viditq.quantize.plan.ActivationSettings;
import org.viditq.quantize.plan.LayerPlan;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.weight.LayerQuantizer;
import org.viditq.verify.fixture.FixtureCase;

/**
 * {@code model.quantized}: the whole plan, from calibration in full precision to the quantized
 * output, with grids shared over the batch, per row, and as the released code has them.
 */
final class QuantizedDenoiserRunner implements CaseRunner {
  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    return new Run<>(fixture, operators).results();
  }

  private static final String TRACE = "trace.";

  /** One case on one backend. */
  private static final class Run<V> {
    private final FixtureCase fixture;
    private final Operators<V> operators;
    private final FixturePlan settings;
    private final DenoiserModel model;
    private final Parameters parameters;
    private final Optional<CalibrationStatistics> statistics;

    Run(FixtureCase fixture, Operators<V> operators) {
      this.fixture = fixture;
      this.operators = operators;
      this.settings = new FixturePlan(fixture);
      this.model = DenoiserRunner.model(fixture);
      this.parameters = fixture.parameters();
      this.statistics = settings.balancing().map(balancing -> observe());
    }

    Results results() {
      Map<String, QuantizedLinearParameters> shared = quantize(ActivationMode.DYNAMIC_TOKEN_SHARED);
      Map<String, QuantizedLinearParameters> perRow = quantize(ActivationMode.DYNAMIC_TOKEN);
      if (settings.isStatic()) {
        shared = withStaticGrids(shared);
        perRow = shared;
      }
      Map<String, QuantizedLinearParameters> stale = stale(shared);
      Results results = new Results();
      shared.forEach((name, layer) -> putLayer(results, name, layer));
      for (String suffix : suffixes()) {
        results
            .put("output_fp" + suffix, forward(parameters, operators, suffix))
            .put("output" + suffix, forward(over(shared), operators, suffix))
            .put("output_per_row" + suffix, forward(over(perRow), operators, suffix))
            .put("output_official_stale" + suffix, forward(over(stale), operators, suffix));
      }
      if (fixture.expected().keySet().stream().anyMatch(name -> name.startsWith(TRACE))) {
        putTraces(results, perRow);
      }
      return results;
    }

    private Parameters over(Map<String, QuantizedLinearParameters> layers) {
      return new QuantizedParameters(parameters, layers);
    }

    /** Inputs end in {@code .t600} and the like; all samples of a batch have that timestep. */
    private List<String> suffixes() {
      return fixture.inputs().keySet().stream()
          .filter(input -> input.startsWith("x.t"))
          .map(input -> input.substring(1))
          .toList();
    }

    private Tensor forward(Parameters chosen, Operators<V> on, String suffix) {
      return predict(chosen, on, input -> input + suffix);
    }

    private Tensor calibrate(Parameters chosen, Operators<V> on, int batch) {
      return predict(chosen, on, input -> "calib." + batch + "." + input);
    }

    private Tensor predict(Parameters chosen, Operators<V> on, UnaryOperator<String> named) {
      try (Denoiser denoiser = new ModelDenoiser<>(model, chosen, on, () -> {})) {
        return denoiser.predict(DenoiserInputs.of(fixture, named));
      }
    }

    private int calibrationBatches() {
      int batches = 0;
      while (fixture.hasInput("calib." + batches + ".x")) {
        batches++;
      }
      return batches;
    }

    /** All calibration batches in full precision: the statistics of balancing. */
    private CalibrationStatistics observe() {
      CalibrationRecorder recorder = new CalibrationRecorder(step -> true);
      Operators<V> observing = new ObservingOperators<>(operators, recorder);
      for (int batch = 0; batch < calibrationBatches(); batch++) {
        recorder.begin(fixture.input("calib." + batch + ".t").data()[0]);
        calibrate(parameters, observing, batch);
      }
      return recorder.statistics(fixture.name());
    }

    private Map<String, QuantizedLinearParameters> quantize(ActivationMode mode) {
      QuantizationPlan plan = settings.plan(mode);
      Set<String> names = new HashSet<>(Settings.strings(fixture.setting("quantized_layers")));
      List<LinearLayer> layers =
          model.linearLayers().stream().filter(layer -> names.contains(layer.name())).toList();
      LayerQuantizer quantizer =
          new LayerQuantizer(plan, statistics, SmallScaleRule.ALL_GROUPS_AS_PUBLISHED);
      Map<String, QuantizedLinearParameters> quantized = new LinkedHashMap<>();
      for (Map.Entry<String, LayerPlan> layer : FixturePlan.resolve(plan, layers).entrySet()) {
        quantized.put(layer.getKey(), quantizer.quantize(dense(layer.getKey()), layer.getValue()));
      }
      return quantized;
    }

    private DenseLinearParameters dense(String layer) {
      int[] shape = fixture.weights().get(layer + ".weight").shape().toArray();
      return (DenseLinearParameters) parameters.linear(layer, shape[1], shape[0]);
    }

    /**
     * All calibration batches once more, quantized, each layer on the grid of the batch at hand.
     */
    private Map<String, QuantizedLinearParameters> withStaticGrids(
        Map<String, QuantizedLinearParameters> layers) {
      ActivationSettings activation =
          ActivationSettings.of(ActivationMode.STATIC_TENSOR, settings.activation());
      StaticGridOperators<V> calibrating =
          new StaticGridOperators<>(operators, activation, SmallScaleRule.ALL_GROUPS_AS_PUBLISHED);
      for (int batch = 0; batch < calibrationBatches(); batch++) {
        calibrate(over(layers), calibrating, batch);
      }
      Map<String, QuantizedLinearParameters> calibrated = new LinkedHashMap<>();
      layers.forEach((name, layer) -> calibrated.put(name, calibrating.withGrids(layer)));
      return calibrated;
    }

    private Map<String, QuantizedLinearParameters> stale(
        Map<String, QuantizedLinearParameters> layers) {
      Map<String, QuantizedLinearParameters> stale = new LinkedHashMap<>();
      layers.forEach(
          (name, layer) ->
              stale.put(name, PublishedGrids.stale(dense(name), layer, settings.weight())));
      return stale;
    }

    private void putLayer(Results results, String name, QuantizedLinearParameters layer) {
      int ranges = layer.sets().size();
      int rows = layer.outFeatures();
      float[] scale = new float[ranges * rows];
      int[] zeroPoint = new int[ranges * rows];
      for (int r = 0; r < ranges; r++) {
        WeightSet set = layer.sets().get(r);
        System.arraycopy(set.weight().grid().scale(), 0, scale, r * rows, rows);
        System.arraycopy(set.weight().grid().zeroPoint(), 0, zeroPoint, r * rows, rows);
      }
      String prefix = "layer." + name + ".";
      results
          .put(prefix + "weight_delta", Tensor.of(scale, ranges, rows))
          .put(prefix + "weight_zero_point", zeroPoint, ranges, rows);
      if (fixture.expects(prefix + "act_scale")) {
        results.put(prefix + "act_scale", balancingScale(name, layer));
      }
      if (layer.sets().get(0).activation() instanceof StaticTensor fixed) {
        results
            .put(prefix + "act_delta", Tensor.of(fixed.grid().scale(), 1))
            .put(prefix + "act_zero_point", fixed.grid().zeroPoint(), 1);
      }
    }

    /**
     * What the first sample alone gives each layer at the first timestep of a sampling run, the
     * largest, and what the layer makes of the input that the case has for it; both as the
     * published code sees them, a sample per sequence.
     */
    private void putTraces(Results results, Map<String, QuantizedLinearParameters> layers) {
      String suffix =
          suffixes().stream()
              .max(Comparator.comparingDouble(s -> fixture.input("t" + s).data()[0]))
              .orElseThrow();
      Operators<V> observing =
          new ObservingOperators<>(
              operators,
              (names, x, sequences) -> {
                for (String name : names) {
                  if (layers.containsKey(name)) {
                    putTrace(results, layers.get(name), x, sequences);
                  }
                }
              });
      try (Denoiser denoiser = new ModelDenoiser<>(model, over(layers), observing, () -> {})) {
        denoiser.predict(
            DenoiserInputs.firstSample(DenoiserInputs.of(fixture, input -> input + suffix)));
      }
    }

    private void putTrace(
        Results results, QuantizedLinearParameters layer, Tensor x, int sequences) {
      String input = TRACE + layer.name() + ".input";
      Tensor expected = fixture.expectedFloats(input).reshape(x.shape().toArray());
      V y = operators.linear(operators.constant(expected), operators.prepare(layer));
      results
          .put(input, inSequences(x, sequences))
          .put(TRACE + layer.name() + ".output", inSequences(operators.read(y), sequences));
    }

    private static Tensor inSequences(Tensor x, int sequences) {
      return x.reshape(ResultShapes.sequences(x.shape(), sequences).toArray());
    }

    private Tensor balancingScale(String name, QuantizedLinearParameters layer) {
      return BalancingResults.scale(
          statistics.orElseThrow(), settings.balancing().orElseThrow(), name, layer);
    }
  }
}
