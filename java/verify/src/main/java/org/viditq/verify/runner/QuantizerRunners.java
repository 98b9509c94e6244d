package org.viditq.verify.runner;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.operators.IntegerOperators;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.calibrate.InputStatistics;
import org.viditq.quantize.calibrate.RunningRange;
import org.viditq.quantize.plan.ActivationMode;
import org.viditq.quantize.plan.ActivationSettings;
import org.viditq.quantize.weight.WeightQuantizer;
import org.viditq.verify.fixture.FixtureCase;
import org.viditq.verify.fixture.Values;

/**
 * {@code quantizer.*}: activations and weights to codes. The plain results follow the published
 * rule for tiny steps, {@code sane_*} the deployed one.
 */
final class QuantizerRunners {
  private static final SmallScaleRule PUBLISHED = SmallScaleRule.ALL_GROUPS_AS_PUBLISHED;
  private static final SmallScaleRule DEPLOYED = SmallScaleRule.PER_GROUP;

  private QuantizerRunners() {}

  /** {@code quantizer.act_dynamic_token}: one grid per token index, shared over the batch. */
  static Results dynamicShared(FixtureCase fixture, IntegerOperators operators) {
    IntegerFormat format = format(fixture);
    // The grids repeat from sample to sample; the rows of the first one name every group once.
    return dynamic(
        fixture, operators, 1, rule -> new ActivationQuantization.DynamicTokenShared(format, rule));
  }

  /** {@code quantizer.act_dynamic_token_per_row}: one grid per row. */
  static Results dynamicPerRow(FixtureCase fixture, IntegerOperators operators) {
    IntegerFormat format = format(fixture);
    return dynamic(
        fixture,
        operators,
        fixture.input("x").dim(0),
        rule -> new ActivationQuantization.DynamicToken(format, rule));
  }

  private static Results dynamic(
      FixtureCase fixture,
      IntegerOperators operators,
      int samples,
      Function<SmallScaleRule, ActivationQuantization> scheme) {
    Tensor x = fixture.input("x");
    Results results = new Results();
    QuantizedActivations published = operators.quantize(x, scheme.apply(PUBLISHED));
    putActivations(results, "", published, x.shape(), samples, x.dim(1));
    if (fixture.expects("sane_codes")) {
      QuantizedActivations deployed = operators.quantize(x, scheme.apply(DEPLOYED));
      putActivations(results, "sane_", deployed, x.shape(), samples, x.dim(1));
    }
    return results;
  }

  /** {@code quantizer.act_static}: one calibrated grid for the whole tensor. */
  static Results calibratedTensor(FixtureCase fixture, IntegerOperators operators) {
    return calibrated(fixture, operators, ActivationMode.STATIC_TENSOR);
  }

  /** {@code quantizer.act_static_token}: one calibrated grid per token index. */
  static Results calibratedToken(FixtureCase fixture, IntegerOperators operators) {
    return calibrated(fixture, operators, ActivationMode.STATIC_TOKEN);
  }

  private static Results calibrated(
      FixtureCase fixture, IntegerOperators operators, ActivationMode mode) {
    ActivationSettings settings = calibration(fixture, mode, format(fixture));
    RunningRange range = new RunningRange(settings);
    for (Tensor batch : fixture.inputSeries("calib.")) {
      range.update(InputStatistics.of(fixture.name(), batch));
    }
    Tensor x = fixture.input("x");
    QuantizedActivations activations =
        operators.quantize(x, range.quantization(settings.format(), PUBLISHED));
    float[] lo = range.lo();
    float[] hi = range.hi();
    Results results = new Results();
    putActivations(results, "", activations, x.shape(), 1, lo.length);
    return results.put("x_min", Tensor.of(lo, lo.length)).put("x_max", Tensor.of(hi, hi.length));
  }

  /** How the case's {@code calib.*} batches make a static grid. */
  static ActivationSettings calibration(
      FixtureCase fixture, ActivationMode mode, IntegerFormat format) {
    boolean running = fixture.setting("running_stat").booleanValue();
    // Without running statistics momentum has no meaning, and the fixtures leave it out.
    return new ActivationSettings(
        mode, format, running, running ? fixture.setting("momentum").doubleValue() : 0);
  }

  /**
   * Adds {@code codes}, {@code dequantized}, {@code delta} and {@code zero_point}.
   *
   * @param shape of the activations, [B, N, C]
   * @param samples and {@code tokens}: extents of the grid, [samples, tokens, 1]; the groups are
   *     those of the first rows
   */
  private static void putActivations(
      Results results,
      String prefix,
      QuantizedActivations activations,
      Shape shape,
      int samples,
      int tokens) {
    int groups = samples * tokens;
    float[] scale = Arrays.copyOf(activations.scale(), groups);
    int[] zeroPoint = Arrays.copyOf(activations.zeroPoint(), groups);
    results
        .put(prefix + "codes", activations.integerCodes(), shape.toArray())
        .put(prefix + "dequantized", Tensor.of(shape, activations.dequantize()))
        .put(prefix + "delta", Tensor.of(scale, samples, tokens, 1))
        .put(prefix + "zero_point", zeroPoint, samples, tokens, 1);
  }

  /** {@code quantizer.weight}: one grid per output channel. */
  static Results weight(FixtureCase fixture) {
    StoredTensor weight = MemoryTensor.of("weight", fixture.input("weight"));
    if (fixture.config().hasNonNull("mixed_precision")) {
      return mixedPrecision(fixture, weight);
    }
    Results results = new Results();
    putWeight(results, "", weight, format(fixture), PUBLISHED);
    putWeight(results, "sane_", weight, format(fixture), DEPLOYED);
    return results;
  }

  private static void putWeight(
      Results results,
      String prefix,
      StoredTensor weight,
      IntegerFormat format,
      SmallScaleRule rule) {
    QuantizedWeight quantized =
        new WeightQuantizer(rule).quantize(weight, Optional.empty(), format);
    int[] groups = weight.shape().toArray();
    Arrays.fill(groups, 1, groups.length, 1);
    results
        .put(prefix + "codes", quantized.integerCodes(), weight.shape().toArray())
        .put(prefix + "dequantized", Tensor.of(weight.shape(), quantized.dequantize()))
        .put(prefix + "delta", Tensor.of(quantized.grid().scale(), groups))
        .put(prefix + "zero_point", quantized.grid().zeroPoint(), groups);
  }

  /**
   * Grids of every candidate width, and what the published code makes of a change of width: only
   * the clamp range changes, the grid of the initial width stays.
   */
  private static Results mixedPrecision(FixtureCase fixture, StoredTensor weight) {
    List<IntegerFormat> formats = new ArrayList<>();
    fixture
        .setting("mixed_precision")
        .forEach(bits -> formats.add(format(fixture, bits.intValue())));
    WeightQuantizer quantizer = new WeightQuantizer(PUBLISHED);
    Map<IntegerFormat, AffineGrid> grids = quantizer.grids(weight, Optional.empty(), formats);
    List<Values> scales = new ArrayList<>();
    List<Values> zeroPoints = new ArrayList<>();
    Results results = new Results();
    for (IntegerFormat format : formats) {
      AffineGrid grid = grids.get(format);
      scales.add(Values.of(Tensor.of(grid.scale(), grid.groups(), 1)));
      zeroPoints.add(Values.of(grid.zeroPoint(), grid.groups(), 1));
      QuantizedWeight quantized = quantizer.encode(weight, Optional.empty(), grid);
      results
          .put("codes_" + format.bits(), quantized.integerCodes(), weight.shape().toArray())
          .put("dequantized_" + format.bits(), Tensor.of(weight.shape(), quantized.dequantize()));
    }
    AffineGrid initial = grids.get(format(fixture));
    IntegerFormat changed = format(fixture, fixture.setting("refactored_bits").intValue());
    AffineGrid stale = new AffineGrid(changed, initial.scale(), initial.zeroPoint());
    return results
        .put("delta_list", Values.stack(scales))
        .put("zero_point_list", Values.stack(zeroPoints))
        .put("dequantized_initial", dequantized(quantizer, weight, initial))
        .put("official_after_refactor", dequantized(quantizer, weight, stale));
  }

  private static Tensor dequantized(
      WeightQuantizer quantizer, StoredTensor weight, AffineGrid grid) {
    QuantizedWeight quantized = quantizer.encode(weight, Optional.empty(), grid);
    return Tensor.of(weight.shape(), quantized.dequantize());
  }

  private static IntegerFormat format(FixtureCase fixture) {
    return format(fixture, fixture.setting("n_bits").intValue());
  }

  private static IntegerFormat format(FixtureCase fixture, int bits) {
    return new IntegerFormat(bits, fixture.setting("symmetric").booleanValue());
  }
}
