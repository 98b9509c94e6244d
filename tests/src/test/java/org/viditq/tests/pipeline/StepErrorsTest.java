package org.viditq.tests.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.Parameters;
import org.viditq.core.operators.Backends;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.apply.PipelineCalibration;
import org.viditq.quantize.apply.PlanApplication;
import org.viditq.quantize.apply.QuantizationListener;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.plan.PlanReader;
import org.viditq.quantize.plan.QuantizationPlan;

/**
 * What quantization changes in single predictions, from the same latents: without the sampling that
 * amplifies it, so that few predictions tell schemes apart.
 */
@Tag("slow")
class StepErrorsTest {
  private static final float GUIDANCE = 4.5f;
  @TempDir static Path place;
  private static PipelineFolder folder;
  private static DiffusionPipeline pipeline;
  private static CalibrationStatistics statistics;

  @BeforeAll
  static void calibrate() {
    folder =
        PipelineFolder.open(Path.of("../samples/pixart-mini"))
            .withTransformer(Path.of("../samples/pixart-mini-outlier"));
    pipeline = DiffusionPipeline.open(folder, () -> open("native"));
    GenerationRequest request = GenerationRequest.pictures(List.of(1000L), 4, GUIDANCE, 64, 64);
    PipelineCalibration calibration = new PipelineCalibration(pipeline, () -> open("native"));
    statistics =
        calibration.withSecondMoments(
            calibration.run(
                request,
                pipeline.encode(
                    List.of("a large red circle in the centre on a black background"),
                    "",
                    ProgressListener.NONE),
                1,
                ProgressListener.NONE),
            List.of(TimestepRange.ALL),
            ProgressListener.NONE);
  }

  private static Operators<?> open(String backend) {
    return Backends.find(backend).open(2);
  }

  private static List<float[]> predictions(
      String backend, UnaryOperator<Parameters> parameters, List<DenoiserInput> inputs) {
    List<float[]> guided = new ArrayList<>();
    try (Operators<?> operators = open(backend);
        Denoiser denoiser = pipeline.openDenoiser(parameters, operators)) {
      for (DenoiserInput input : inputs) {
        guided.add(guided(denoiser.predict(input)));
      }
    }
    return guided;
  }

  /** Of one prompt, the noise channels: n + g (p - n). */
  private static float[] guided(Tensor prediction) {
    int half = prediction.size() / 2;
    float[] guided = new float[half / prediction.dim(1) * 4];
    for (int i = 0; i < guided.length; i++) {
      float without = prediction.data()[i];
      guided[i] = without + GUIDANCE * (prediction.data()[half + i] - without);
    }
    return guided;
  }

  /** Geometric mean over the steps of the relative errors. */
  private static double error(List<float[]> quantized, List<float[]> exact) {
    double logarithms = 0;
    for (int step = 0; step < exact.size(); step++) {
      double error = 0;
      double size = 0;
      for (int i = 0; i < exact.get(step).length; i++) {
        error += Math.pow(quantized.get(step)[i] - exact.get(step)[i], 2);
        size += Math.pow(exact.get(step)[i], 2);
      }
      logarithms += Math.log(Math.sqrt(error / size)) / exact.size();
    }
    return Math.exp(logarithms);
  }

  private static double error(String backend, String yaml, List<DenoiserInput> inputs) {
    QuantizationPlan plan = plan(yaml);
    try (Checkpoint weights = folder.checkpoint(Component.TRANSFORMER)) {
      UnaryOperator<Parameters> layers =
          new PlanApplication(folder, () -> open("native"), QuantizationListener.NONE)
                  .apply(plan, weights, Optional.of(statistics))
              ::over;
      return error(
          predictions(backend, layers, inputs),
          predictions(backend, UnaryOperator.identity(), inputs));
    }
  }

  private static QuantizationPlan plan(String yaml) {
    try {
      return new PlanReader().read(Files.writeString(place.resolve("plan.yaml"), yaml));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void nativeAndReferenceMakeErrorsOfTheSameSize() {
    List<DenoiserInput> inputs = List.of(statistics.inputs().get(0), statistics.inputs().get(2));
    String plan =
        "weight: {bits: 6}\nactivation: {mode: dynamic_token, bits: 6}\nbalance: {alpha: 0.625}\n";
    double own = error("native", plan, inputs);
    // Values that lie between two codes fall to other sides, which moves an error, not its size.
    assertThat(error("reference", plan, inputs)).isCloseTo(own, within(0.15 * own));
  }

  @Test
  void gridsByTheErrorOfOutputsAreBetterThanByThatOfWeights() {
    double byRange = error("native", w4a8("minmax"), statistics.inputs());
    double byWeights = error("native", w4a8("mse-search"), statistics.inputs());
    double byOutputs = error("native", w4a8("output-search"), statistics.inputs());
    assertThat(byOutputs).isLessThan(byWeights).isLessThan(byRange);
  }

  private static String w4a8(String grid) {
    return "weight: {bits: 4, grid: " + grid + "}\nbalance: {alpha: 0.3}\n";
  }
}
