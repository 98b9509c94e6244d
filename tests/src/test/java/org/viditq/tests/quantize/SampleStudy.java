package org.viditq.tests.quantize;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.Parameters;
import org.viditq.core.operators.Backends;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.Image;
import org.viditq.core.pipeline.PixArtDenoiser;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.PromptEmbeddings;
import org.viditq.core.pipeline.TextToImagePipeline;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.calibrate.CalibrationRecorder;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.calibrate.DenoiserFactory;
import org.viditq.quantize.calibrate.ObservingOperators;
import org.viditq.quantize.calibrate.StaticGridCalibration;
import org.viditq.quantize.metric.Psnr;
import org.viditq.quantize.metric.Ssim;
import org.viditq.quantize.plan.BuiltInPlans;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.weight.QuantizedLayers;
import org.viditq.quantize.weight.Quantizer;

/** Quantizes a sample model by plans and compares its pictures with the full-precision ones. */
final class SampleStudy {
  private static final Path SAMPLES = Path.of("..", "samples");
  private static final double GUIDANCE = 4.5;
  private static final int CALIBRATION_PROMPTS = 2;
  private static final int FIRST_EVALUATION_SEED = 1000;

  private final int steps;
  private final PipelineFolder folder;
  private final TextToImagePipeline pipeline;
  private final CalibrationStatistics statistics;
  private final GenerationRequest request;
  private final PromptEmbeddings prompts;
  private final List<Image> reference;

  /** Mean over the pictures. */
  record Quality(double psnr, double ssim) {}

  /**
   * Calibrates on the first 2 calibration prompts, seeds 0 and 1, every second step, in one batch;
   * samples evaluation prompt i with seed 1000 + i.
   *
   * @param outliers whether to take the variant with outlier channels
   */
  SampleStudy(boolean outliers, int pictures, int steps) {
    this.steps = steps;
    PipelineFolder plain = PipelineFolder.open(SAMPLES.resolve("pixart-mini"));
    folder =
        outliers
            ? plain.withTransformer(SAMPLES.resolve("pixart-mini-outlier/transformer"))
            : plain;
    pipeline = TextToImagePipeline.open(folder, SampleStudy::backend);
    statistics = calibrate();
    prompts = encode("eval_prompts.txt", pictures);
    request = request(FIRST_EVALUATION_SEED, pictures);
    reference = sample(UnaryOperator.identity());
  }

  Quality measure(String planName) {
    QuantizationPlan plan = BuiltInPlans.get(planName);
    List<Image> images;
    try (Checkpoint weights = folder.checkpoint(Component.TRANSFORMER)) {
      QuantizedLayers layers =
          new Quantizer(plan).quantize(weights, Optional.of(statistics), Quantizer.Progress.NONE);
      QuantizedLayers ready =
          plan.activation().mode().isStatic() ? withStaticGrids(plan, layers, weights) : layers;
      images = sample(ready::over);
    }
    double psnr = 0;
    double ssim = 0;
    for (int i = 0; i < images.size(); i++) {
      Tensor expected = channelsFirst(reference.get(i));
      Tensor actual = channelsFirst(images.get(i));
      psnr += Psnr.of(expected, actual, 1) / images.size();
      ssim += Ssim.GAUSSIAN.of(expected, actual, 1) / images.size();
    }
    return new Quality(psnr, ssim);
  }

  private static Operators<?> backend() {
    return Backends.find("auto").open(Runtime.getRuntime().availableProcessors());
  }

  private CalibrationStatistics calibrate() {
    CalibrationRecorder recorder = CalibrationRecorder.everySecondStep();
    PromptEmbeddings calibration = encode("calib_prompts.txt", CALIBRATION_PROMPTS);
    try (Operators<?> operators = backend();
        Denoiser denoiser = observed(operators, recorder)) {
      pipeline.sample(
          request(0, CALIBRATION_PROMPTS), calibration, denoiser, recorder, ProgressListener.NONE);
    }
    return recorder.statistics("sample");
  }

  private <V> Denoiser observed(Operators<V> operators, CalibrationRecorder recorder) {
    return pipeline.openDenoiser(
        UnaryOperator.identity(), new ObservingOperators<>(operators, recorder));
  }

  private QuantizedLayers withStaticGrids(
      QuantizationPlan plan, QuantizedLayers layers, Checkpoint weights) {
    DenoiserFactory model =
        new DenoiserFactory() {
          @Override
          public <V> Denoiser create(Parameters parameters, Operators<V> operators) {
            return new PixArtDenoiser<>(
                pipeline.transformerConfig(), parameters, operators, operators::close);
          }
        };
    Map<String, QuantizedLinearParameters> calibrated =
        new StaticGridCalibration(plan, SmallScaleRule.PER_GROUP)
            .run(
                layers.layers(),
                new CheckpointParameters(weights),
                statistics.inputs(),
                SampleStudy::backend,
                model);
    return new QuantizedLayers(calibrated);
  }

  private List<Image> sample(UnaryOperator<Parameters> parameters) {
    return pipeline.generate(request, prompts, parameters, ProgressListener.NONE);
  }

  private GenerationRequest request(long firstSeed, int pictures) {
    int size = pipeline.defaultSize();
    return new GenerationRequest(
        LongStream.range(firstSeed, firstSeed + pictures).boxed().toList(),
        steps,
        GUIDANCE,
        size,
        size);
  }

  private PromptEmbeddings encode(String file, int count) {
    try {
      List<String> lines = Files.readAllLines(SAMPLES.resolve("pixart-mini").resolve(file));
      return pipeline.encode(lines.subList(0, count), "", ProgressListener.NONE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Tensor channelsFirst(Image image) {
    int plane = image.height() * image.width();
    float[] planes = new float[3 * plane];
    for (int i = 0; i < plane; i++) {
      for (int c = 0; c < 3; c++) {
        planes[c * plane + i] = image.pixels().data()[3 * i + c];
      }
    }
    return Tensor.of(planes, 3, image.height(), image.width());
  }
}
