package org.viditq.verify.runner;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.IntegerOperators;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.balance.BalanceVector;
import org.viditq.quantize.calibrate.CalibrationRecorder;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.calibrate.StaticGridOperators;
import org.viditq.quantize.plan.ActivationMode;
import org.viditq.quantize.plan.Balancing;
import org.viditq.quantize.plan.LayerPlan;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.weight.LayerQuantizer;
import org.viditq.verify.fixture.FixtureCase;
import org.viditq.verify.fixture.Values;

/**
 * {@code linear.quantized}: calibration, balancing, weight codes, activation codes and the output
 * of one layer, with grids shared over the batch and per row.
 */
final class QuantizedLinearRunner implements CaseRunner {
  private static final String LAYER = "layer";

  @Override
  public boolean supports(Operators<?> operators) {
    return operators instanceof IntegerOperators;
  }

  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    DenseLinearParameters dense = dense(fixture);
    FixturePlan settings = new FixturePlan(fixture);
    Optional<CalibrationStatistics> statistics =
        settings.balancing().map(balancing -> observe(fixture));
    QuantizedLinearParameters dynamic =
        quantize(settings, dense, statistics, ActivationMode.DYNAMIC_TOKEN_SHARED);
    QuantizedLinearParameters shared =
        settings.isStatic() ? withStaticGrid(fixture, operators, settings, dynamic) : dynamic;
    QuantizedLinearParameters perRow =
        quantize(settings, dense, statistics, ActivationMode.DYNAMIC_TOKEN);

    Results results = new Results();
    putWeights(results, shared, settings.balancing().isPresent());
    settings
        .balancing()
        .ifPresent(balancing -> putBalancing(results, balancing, statistics.get(), shared));
    for (String suffix : suffixes(fixture)) {
      Tensor x = fixture.input("x" + suffix);
      operators.selectTimestep(timestep(suffix));
      putActivations(results, suffix, (IntegerOperators) operators, x, shared, timestep(suffix));
      results
          .put("output_fp" + suffix, apply(operators, dense, x))
          .put("output" + suffix, apply(operators, shared, x))
          .put("output_per_row" + suffix, apply(operators, perRow, x))
          .put(
              "output_official_range0_delta" + suffix,
              apply(operators, PublishedGrids.stale(dense, shared, settings.weight()), x));
    }
    return results;
  }

  private static DenseLinearParameters dense(FixtureCase fixture) {
    Checkpoint weights = fixture.weights();
    return new DenseLinearParameters(
        LAYER,
        weights.get("weight"),
        weights.contains("bias") ? Optional.of(weights.get("bias").toTensor()) : Optional.empty());
  }

  private static QuantizedLinearParameters quantize(
      FixturePlan settings,
      DenseLinearParameters dense,
      Optional<CalibrationStatistics> statistics,
      ActivationMode mode) {
    QuantizationPlan plan = settings.plan(mode);
    LinearLayer only =
        LinearLayer.inBlock(
            LAYER, LinearLayer.Type.FEED_FORWARD, dense.inFeatures(), dense.outFeatures());
    LayerPlan layer = FixturePlan.resolve(plan, List.of(only)).get(LAYER);
    return new LayerQuantizer(plan, statistics, SmallScaleRule.ALL_GROUPS_AS_PUBLISHED)
        .quantize(dense, layer);
  }

  /** Shows the calibration batches of all timesteps to the statistics of balancing. */
  private static CalibrationStatistics observe(FixtureCase fixture) {
    CalibrationRecorder recorder = new CalibrationRecorder(step -> true);
    List<Tensor> batches = fixture.inputSeries("calib.");
    int[] timesteps = Settings.integers(fixture.setting("calib_timesteps"));
    for (int i = 0; i < timesteps.length; i++) {
      recorder.begin(timesteps[i]);
      recorder.observe(List.of(LAYER), batches.get(i), 1);
    }
    return recorder.statistics(fixture.name());
  }

  /** The layer on the grid that the calibration batches leave behind. */
  private static <V> QuantizedLinearParameters withStaticGrid(
      FixtureCase fixture,
      Operators<V> operators,
      FixturePlan settings,
      QuantizedLinearParameters layer) {
    StaticGridOperators<V> calibrating =
        new StaticGridOperators<>(
            operators,
            QuantizerRunners.calibration(
                fixture, ActivationMode.STATIC_TENSOR, settings.activation()),
            SmallScaleRule.ALL_GROUPS_AS_PUBLISHED);
    Linear prepared = calibrating.prepare(layer);
    for (Tensor batch : fixture.inputSeries("calib.")) {
      calibrating.linear(calibrating.constant(batch), prepared);
    }
    return calibrating.withGrids(layer);
  }

  private static void putWeights(
      Results results, QuantizedLinearParameters layer, boolean perRange) {
    List<Values> scales = new ArrayList<>();
    List<Values> zeroPoints = new ArrayList<>();
    List<Values> codes = new ArrayList<>();
    int rows = layer.outFeatures();
    for (WeightSet set : layer.sets()) {
      QuantizedWeight weight = set.weight();
      scales.add(Values.of(Tensor.of(weight.grid().scale(), rows, 1)));
      zeroPoints.add(Values.of(weight.grid().zeroPoint(), rows, 1));
      codes.add(Values.of(weight.integerCodes(), rows, layer.inFeatures()));
    }
    results
        .put("weight_delta", perRange ? Values.stack(scales) : scales.get(0))
        .put("weight_zero_point", perRange ? Values.stack(zeroPoints) : zeroPoints.get(0))
        .put("weight_codes", perRange ? Values.stack(codes) : codes.get(0));
  }

  private static void putBalancing(
      Results results,
      Balancing balancing,
      CalibrationStatistics statistics,
      QuantizedLinearParameters layer) {
    List<Values> s = new ArrayList<>();
    for (WeightSet set : layer.sets()) {
      s.add(Values.of(Tensor.of(set.balance().orElseThrow(), layer.inFeatures())));
    }
    results
        .put("act_scale_statistic", BalancingResults.statistic(statistics, balancing, LAYER, layer))
        .put("act_scale", BalancingResults.scale(statistics, balancing, LAYER, layer))
        .put("channel_wise_scale", Values.stack(s));
  }

  private static void putActivations(
      Results results,
      String suffix,
      IntegerOperators integer,
      Tensor x,
      QuantizedLinearParameters layer,
      double timestep) {
    WeightSet set = layer.sets().get(layer.setFor(timestep));
    Tensor balanced = set.balance().map(s -> BalanceVector.divide(x, s)).orElse(x);
    QuantizedActivations activations = integer.quantize(balanced, set.activation());
    boolean tensorWide = set.activation() instanceof ActivationQuantization.StaticTensor;
    int groups = tensorWide ? 1 : x.dim(1);
    results
        .put("act_codes" + suffix, activations.integerCodes(), x.shape().toArray())
        .put(
            "act_delta" + suffix,
            Tensor.of(Arrays.copyOf(activations.scale(), groups), 1, groups, 1))
        .put(
            "act_zero_point" + suffix,
            Arrays.copyOf(activations.zeroPoint(), groups),
            1,
            groups,
            1);
  }

  private static <V> Tensor apply(Operators<V> operators, LinearParameters layer, Tensor x) {
    return operators.read(operators.linear(operators.constant(x), operators.prepare(layer)));
  }

  /** The test inputs {@code x.t900}, {@code x.t100}, ..., or the one {@code x}. */
  private static List<String> suffixes(FixtureCase fixture) {
    return fixture.inputs().keySet().stream()
        .filter(input -> input.equals("x") || input.startsWith("x.t"))
        .map(input -> input.substring(1))
        .toList();
  }

  /** Any where the case has none: the layer then has one weight set for all. */
  private static double timestep(String suffix) {
    return suffix.isEmpty() ? 0 : Double.parseDouble(suffix.substring(".t".length()));
  }
}
