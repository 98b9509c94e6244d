package org.viditq.tensorrt.run;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.Parameters;
import org.viditq.core.operators.Backends;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.Guidance;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.SamplingDenoiser;
import org.viditq.core.pipeline.SamplingListener;
import org.viditq.core.schedule.LinearSteps;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.apply.ChosenParameters;
import org.viditq.quantize.apply.PipelineCalibration;
import org.viditq.quantize.apply.PlanApplication;
import org.viditq.quantize.apply.QuantizationListener;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.plan.BuiltInPlans;
import org.viditq.quantize.plan.QuantizationPlan;

/** The trained samples on the backend native, which engines are held against. */
final class Samples {
  static final List<String> PROMPTS =
      List.of("a red ring on a gray background", "a blue square on a white background");
  static final int STEPS = 6;
  private static final double FRAMES_PER_SECOND = 8;

  private static final Path ROOT = root();
  private static CalibrationStatistics statistics;

  private Samples() {}

  private static Path root() {
    Path folder = Path.of(System.getProperty("viditq.home", "../..")).toAbsolutePath();
    while (!Files.isDirectory(folder.resolve("samples/pixart-mini"))) {
      folder = folder.getParent();
    }
    return folder;
  }

  static DiffusionPipeline pixart() {
    return open("pixart-mini");
  }

  /** Clips instead of pictures. */
  static DiffusionPipeline stdit() {
    return open("stdit-mini");
  }

  private static DiffusionPipeline open(String sample) {
    return DiffusionPipeline.open(
        PipelineFolder.open(ROOT.resolve("samples").resolve(sample)),
        () -> Backends.find("native").open(2));
  }

  static DiffusionPipeline pixart(String scheduler) {
    return DiffusionPipeline.open(
        PipelineFolder.open(ROOT.resolve("samples/pixart-mini")),
        () -> Backends.find("native").open(2),
        Optional.of(scheduler));
  }

  static GenerationRequest request(DiffusionPipeline pipeline, int pictures) {
    return new GenerationRequest(
        List.of(11L, 12L, 13L, 14L).subList(0, pictures),
        STEPS,
        4.5,
        pipeline.defaultFrames(),
        pipeline.defaultHeight(),
        pipeline.defaultWidth(),
        FRAMES_PER_SECOND);
  }

  static EncodedPrompts encode(DiffusionPipeline pipeline) {
    return pipeline.encode(PROMPTS, "", ProgressListener.NONE);
  }

  static Tensor sample(
      DiffusionPipeline pipeline,
      EncodedPrompts prompts,
      UnaryOperator<Parameters> parameters,
      int pictures) {
    try (Denoiser denoiser = pipeline.openDenoiser(parameters)) {
      return pipeline.sample(
          request(pipeline, pictures),
          prompts.select(List.of(0, 1, 0, 1).subList(0, pictures)),
          denoiser,
          SamplingListener.NONE,
          ProgressListener.NONE);
    }
  }

  static Clip decode(DiffusionPipeline pipeline, Tensor latents) {
    return pipeline.decode(latents, FRAMES_PER_SECOND, ProgressListener.NONE).get(0);
  }

  /** The transformer by a plan that comes with viditq. */
  static ChosenParameters quantized(DiffusionPipeline pipeline, String name) {
    QuantizationPlan plan = BuiltInPlans.get(name);
    return ChosenParameters.quantized(
        name,
        pipeline.folder().checkpoint(Component.TRANSFORMER),
        (Checkpoint weights) ->
            new PlanApplication(
                    pipeline.folder(),
                    () -> Backends.find("native").open(2),
                    QuantizationListener.NONE)
                .apply(
                    plan,
                    weights,
                    plan.needsCalibration() ? Optional.of(statistics()) : Optional.empty()));
  }

  /** Of the sample of pictures. */
  private static synchronized CalibrationStatistics statistics() {
    if (statistics == null) {
      DiffusionPipeline pipeline = pixart();
      statistics =
          new PipelineCalibration(pipeline, () -> Backends.find("native").open(2))
              .run(request(pipeline, 2), encode(pipeline), 1, ProgressListener.NONE);
    }
    return statistics;
  }

  /** The distance of tensors, relative to the second. */
  static double distance(Tensor a, Tensor b) {
    double difference = 0;
    double size = 0;
    for (int i = 0; i < b.size(); i++) {
      difference += Math.pow(a.data()[i] - b.data()[i], 2);
      size += Math.pow(b.data()[i], 2);
    }
    return Math.sqrt(difference / size);
  }

  /** Of all steps of a sampling in full precision. */
  static List<DenoiserInput> inputs(DiffusionPipeline pipeline, EncodedPrompts prompts) {
    List<DenoiserInput> inputs = new ArrayList<>();
    try (Denoiser denoiser = pipeline.openDenoiser(UnaryOperator.identity())) {
      pipeline.sample(
          request(pipeline, 2),
          prompts,
          denoiser,
          new SamplingListener() {
            @Override
            public void beforeDenoising(int step, DenoiserInput input) {
              inputs.add(input);
            }
          },
          ProgressListener.NONE);
    }
    return inputs;
  }

  /** With every seventh of the latents changed in its last bit. */
  static DenoiserInput nudged(DenoiserInput input) {
    float[] values = input.latents().data().clone();
    for (int i = 0; i < values.length; i += 7) {
      values[i] = Math.nextUp(values[i]);
    }
    Map<String, Tensor> tensors = new LinkedHashMap<>(input.tensors());
    tensors.put(InputNames.LATENTS, Tensor.of(values, input.latents().shape().toArray()));
    return new DenoiserInput(tensors);
  }

  private static final Guidance GUIDANCE = new Guidance(2.5, 3);

  /** What a denoiser says of an input at another timestep, guided, of the latents' channels. */
  static Tensor guided(Denoiser denoiser, DenoiserInput input, double timestep) {
    Tensor said =
        GUIDANCE.apply(
            denoiser.predict(DenoiserInput.of(input.latents(), timestep, conditions(input))));
    return firstChannels(said, input.latents().dim(1));
  }

  /** Takes steps that hand the sample on, and of which the last one gives the denoiser's output. */
  static Tensor handedOn(SamplingDenoiser denoiser, DenoiserInput input, double... timesteps) {
    List<LinearSteps.Step> steps = new ArrayList<>();
    for (int k = 0; k < timesteps.length; k++) {
      boolean last = k == timesteps.length - 1;
      steps.add(
          new LinearSteps.Step(
              timesteps[k], 1, new double[] {last ? 0 : 1}, new double[] {last ? 1 : 0}, 0, false));
    }
    return sample(denoiser, input, 1, steps);
  }

  /** Takes steps that need the two last samples and outputs. */
  static Tensor lookingBack(SamplingDenoiser denoiser, DenoiserInput input, double... timesteps) {
    List<LinearSteps.Step> steps = new ArrayList<>();
    for (int k = 0; k < timesteps.length; k++) {
      steps.add(
          new LinearSteps.Step(
              timesteps[k],
              0.9,
              new double[] {0.5, k == 0 ? 0 : 0.25},
              new double[] {0.3, k == 0 ? 0 : 0.2},
              0,
              false));
    }
    return sample(denoiser, input, 2, steps);
  }

  private static Tensor sample(
      SamplingDenoiser denoiser, DenoiserInput input, int depth, List<LinearSteps.Step> steps) {
    Tensor latents = input.latents();
    int half = latents.dim(0) / 2;
    int[] dims = latents.shape().toArray();
    dims[0] = half;
    float[] first = Arrays.copyOf(latents.data(), latents.size() / 2);
    return denoiser.sample(
        new SamplingDenoiser.Sampling(
            new LinearSteps(0, depth, steps),
            Tensor.of(first, dims),
            conditions(input),
            Optional.of(GUIDANCE),
            shape -> {
              throw new AssertionError("no step draws noise");
            },
            (index, size) -> {}));
  }

  private static Map<String, Tensor> conditions(DenoiserInput input) {
    Map<String, Tensor> conditions = new LinkedHashMap<>(input.tensors());
    conditions.remove(InputNames.LATENTS);
    conditions.remove(InputNames.TIMESTEPS);
    return conditions;
  }

  private static Tensor firstChannels(Tensor x, int channels) {
    int batch = x.dim(0);
    int[] dims = x.shape().toArray();
    dims[1] = channels;
    Tensor kept = Tensor.zeros(dims);
    int row = kept.size() / batch;
    for (int b = 0; b < batch; b++) {
      System.arraycopy(x.data(), b * (x.size() / batch), kept.data(), b * row, row);
    }
    return kept;
  }
}
