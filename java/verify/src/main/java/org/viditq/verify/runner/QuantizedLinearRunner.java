package org.viditq.verify.runner;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.IntegerOperators;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.calibrate.CalibrationRecorder;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.plan.ActivationMode;
import org.viditq.quantize.plan.Balancing;
import org.viditq.quantize.plan.LayerPlan;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.weight.LayerQuantizer;
import org.viditq.verify.fixture.FixtureCase;

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
        settings.isStatic() ? withStaticGrid(fixture, settings, dynamic) : dynamic;
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

  private static QuantizedLinearParameters withStaticGrid(
      FixtureCase fixture, FixturePlan settings, QuantizedLinearParameters layer) {
    WeightSet set = layer.sets().get(0);
    ActivationQuantization scheme =
        new ActivationQuantization.StaticTensor(
            StaticQuantizerRunner.calibrate(fixture, false)
                .grid(settings.activation(), SmallScaleRule.ALL_GROUPS_AS_PUBLISHED));
    return new QuantizedLinearParameters(
        layer.name(),
        List.of(new WeightSet(set.range(), set.weight(), set.balance(), scheme)),
        layer.bias());
  }

  private static void putWeights(
      Results results, QuantizedLinearParameters layer, boolean perRange) {
    int ranges = layer.sets().size();
    int rows = layer.outFeatures();
    int columns = layer.inFeatures();
    float[] scale = new float[ranges * rows];
    int[] zeroPoint = new int[ranges * rows];
    int[] codes = new int[ranges * rows * columns];
    for (int r = 0; r < ranges; r++) {
      WeightSet set = layer.sets().get(r);
      System.arraycopy(set.weight().grid().scale(), 0, scale, r * rows, rows);
      System.arraycopy(set.weight().grid().zeroPoint(), 0, zeroPoint, r * rows, rows);
      System.arraycopy(
          WeightResults.codes(set.weight()), 0, codes, r * rows * columns, rows * columns);
    }
    int[] groups = perRange ? new int[] {ranges, rows, 1} : new int[] {rows, 1};
    int[] all = perRange ? new int[] {ranges, rows, columns} : new int[] {rows, columns};
    results
        .put("weight_delta", Tensor.of(scale, groups))
        .put("weight_zero_point", zeroPoint, groups)
        .put("weight_codes", codes, all);
  }

  private static void putBalancing(
      Results results,
      Balancing balancing,
      CalibrationStatistics statistics,
      QuantizedLinearParameters layer) {
    int columns = layer.inFeatures();
    int ranges = layer.sets().size();
    float[] s = new float[ranges * columns];
    for (int r = 0; r < ranges; r++) {
      float[] balance = layer.sets().get(r).balance().orElseThrow();
      System.arraycopy(balance, 0, s, r * columns, columns);
    }
    results
        .put("act_scale_statistic", BalancingResults.statistic(statistics, balancing, LAYER, layer))
        .put("act_scale", BalancingResults.scale(statistics, balancing, LAYER, layer))
        .put("channel_wise_scale", Tensor.of(s, ranges, columns));
  }

  private static void putActivations(
      Results results,
      String suffix,
      IntegerOperators integer,
      Tensor x,
      QuantizedLinearParameters layer,
      double timestep) {
    WeightSet set = layer.sets().get(layer.setFor(timestep));
    Tensor balanced = set.balance().map(s -> divide(x, s)).orElse(x);
    QuantizedActivations activations = integer.quantize(balanced, set.activation());
    boolean tensorWide = set.activation() instanceof ActivationQuantization.StaticTensor;
    int groups = tensorWide ? 1 : x.dim(1);
    results
        .put("act_codes" + suffix, ActivationResults.codes(activations), x.shape().toArray())
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

  private static Tensor divide(Tensor x, float[] s) {
    float[] divided = new float[x.size()];
    for (int i = 0; i < divided.length; i++) {
      divided[i] = x.data()[i] / s[i % s.length];
    }
    return Tensor.of(x.shape(), divided);
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
