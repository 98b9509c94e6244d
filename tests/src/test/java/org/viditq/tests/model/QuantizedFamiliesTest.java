package org.viditq.tests.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.bench.model.RandomInputs;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.Parameters;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.ModelDenoiser;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.tensor.Tensor;
import org.viditq.cpp.InstructionSet;
import org.viditq.cpp.NativeOperators;
import org.viditq.quantize.calibrate.CalibrationRecorder;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.calibrate.ObservingOperators;
import org.viditq.quantize.calibrate.StaticGridCalibration;
import org.viditq.quantize.plan.BuiltInPlans;
import org.viditq.quantize.plan.PlanReader;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.weight.QuantizedLayers;
import org.viditq.quantize.weight.Quantizer;

/**
 * The plans of the README's table on the families for whose quantized form the published code has
 * no golden case: native computes what the reference does. Float noise lets a rounding fall the
 * other way here and there, which is an error as large as roundings have anyhow; so the backends
 * may differ by a small part of what quantization itself costs.
 */
class QuantizedFamiliesTest {
  private static final String MIXED = "mixed";
  private static final List<String> PLANS = List.of("w8a8-naive", "w8a8", "w6a6", "w4a8", MIXED);

  /** Of the squared error that quantization makes. */
  private static final double SMALL_PART = 0.01;

  private static final List<Integer> TIMESTEPS = List.of(950, 700, 450, 200, 20);

  @TempDir private Path folder;

  static Stream<Arguments> familiesAndPlans() {
    return Stream.of(
            "model.latte__video",
            "model.latte_original__class_conditional",
            "model.dit__learned_sigma",
            "model.dit_original__learned_sigma",
            "model.hunyuan_dit__v11_4layers",
            "model.hunyuan_dit__v12_6layers")
        .flatMap(fixture -> PLANS.stream().map(plan -> Arguments.of(fixture, plan)));
  }

  @ParameterizedTest
  @MethodSource("familiesAndPlans")
  void nativeComputesWhatTheReferenceDoes(String fixture, String name) throws IOException {
    FixtureWeights weights = FixtureWeights.of(fixture);
    DenoiserModel model = FamilyModels.model(weights);
    QuantizationPlan plan = plan(model, name);
    try (Checkpoint checkpoint = weights.checkpoint()) {
      Parameters full = new CheckpointParameters(checkpoint);
      Parameters quantized = quantize(model, plan, checkpoint, full).over(full);
      for (int timestep : List.of(900, 100)) { // both ranges of w4a8
        DenoiserInput input = input(model, timestep, 7);
        Tensor exact = reference(model, full, input);
        Tensor expected = reference(model, quantized, input);
        Tensor actual = onNative(model, quantized, input);
        double cost = squaredDistance(expected, exact);
        assertThat(cost).as("quantization changes the prediction").isPositive();
        assertThat(squaredDistance(actual, expected))
            .as("of %g that quantization costs at timestep %d", cost, timestep)
            .isLessThan(SMALL_PART * cost);
      }
    }
  }

  /** Of the mixed plan: the first layers in full precision, the last ones in 4 bits. */
  private QuantizationPlan plan(DenoiserModel model, String name) throws IOException {
    if (!name.equals(MIXED)) {
      return BuiltInPlans.get(name);
    }
    List<String> layers =
        model.linearLayers().stream()
            .filter(layer -> layer.quantizedByDefault())
            .map(layer -> layer.name())
            .toList();
    Path file = folder.resolve("mixed.yaml");
    Files.writeString(
        file,
        "weight: {bits: 8}\nactivation: {mode: dynamic_token, bits: 8}\n"
            + "exclude: ['"
            + layers.get(0)
            + "']\nlayers:\n  - match: '"
            + layers.get(layers.size() - 1)
            + "'\n    weight_bits: 4\n");
    return new PlanReader().read(file);
  }

  private static QuantizedLayers quantize(
      DenoiserModel model, QuantizationPlan plan, Checkpoint checkpoint, Parameters full) {
    CalibrationStatistics statistics = calibrate(model, full);
    QuantizedLayers layers =
        new Quantizer(plan)
            .quantize(model, checkpoint, Optional.of(statistics), Quantizer.Progress.NONE);
    if (!plan.activation().mode().isStatic()) {
      return layers;
    }
    return new QuantizedLayers(
        new StaticGridCalibration(plan, SmallScaleRule.PER_GROUP)
            .run(
                layers.layers(),
                full,
                statistics.inputs(),
                () -> ReferenceModels.operators(),
                model));
  }

  private static CalibrationStatistics calibrate(DenoiserModel model, Parameters full) {
    CalibrationRecorder recorder = new CalibrationRecorder(step -> true);
    try (Operators<Tensor> operators =
            new ObservingOperators<>(ReferenceModels.operators(), recorder);
        ModelDenoiser<Tensor> denoiser = new ModelDenoiser<>(model, full, operators, () -> {})) {
      for (int step = 0; step < TIMESTEPS.size(); step++) {
        DenoiserInput input = input(model, TIMESTEPS.get(step), step);
        recorder.beforeDenoising(step, input);
        denoiser.predict(input);
      }
    }
    return recorder.statistics("golden case");
  }

  private static Tensor reference(DenoiserModel model, Parameters parameters, DenoiserInput input) {
    try (Operators<Tensor> operators = ReferenceModels.operators();
        ModelDenoiser<Tensor> denoiser =
            new ModelDenoiser<>(model, parameters, operators, () -> {})) {
      return denoiser.predict(input);
    }
  }

  private static Tensor onNative(DenoiserModel model, Parameters parameters, DenoiserInput input) {
    try (NativeOperators operators = new NativeOperators(2, InstructionSet.choose());
        var denoiser = new ModelDenoiser<>(model, parameters, operators, () -> {})) {
      return denoiser.predict(input);
    }
  }

  private static DenoiserInput input(DenoiserModel model, int timestep, long seed) {
    Map<String, Integer> extents = new LinkedHashMap<>();
    extents.put("batch", 2);
    model.latents().frames().ifPresent(frames -> extents.put("frames", frames));
    extents.put("height", model.latents().height());
    extents.put("width", model.latents().width());
    extents.put("tokens", 6);
    return RandomInputs.of(model, extents, timestep, seed);
  }

  private static double squaredDistance(Tensor a, Tensor b) {
    double sum = 0;
    for (int i = 0; i < a.size(); i++) {
      double difference = (double) a.data()[i] - b.data()[i];
      sum += difference * difference;
    }
    return sum;
  }
}
