package org.viditq.tests.triton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.RecordedInputs;
import org.viditq.core.operators.Backend;
import org.viditq.core.operators.BackendSettings;
import org.viditq.core.operators.Backends;
import org.viditq.core.pipeline.Conditions;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.Guidance;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.random.SeededNoise;
import org.viditq.core.schedule.LinearSteps;
import org.viditq.core.schedule.Scheduler;
import org.viditq.core.schedule.SchedulerFactory;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.DenoiserGraph;
import org.viditq.onnx.FloatFormat;
import org.viditq.onnx.GraphCheck;
import org.viditq.onnx.GraphFile;
import org.viditq.onnx.OnnxGraph;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.OnnxOptions.AttentionForm;
import org.viditq.onnx.SamplerGraph;
import org.viditq.onnx.SamplerGraph.Form;
import org.viditq.onnxruntime.GraphDenoiser;
import org.viditq.onnxruntime.OperatorLibrary;
import org.viditq.quantize.apply.PipelineCalibration;
import org.viditq.quantize.apply.PlanApplication;
import org.viditq.quantize.apply.QuantizationListener;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.plan.BuiltInPlans;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.tests.model.ModelFixtures;
import org.viditq.verify.fixture.FixtureCase;
import org.viditq.verify.fixture.FixtureReader;
import org.viditq.verify.runner.DenoiserInputs;

/**
 * Samplings as one graph, in ONNX Runtime with our operators: their latents are, to the bit, those
 * of the denoiser's own graph evaluated step by step with the same sums in between.
 */
class SamplerGraphTest {
  private static final int STEPS = 4;
  private static final double GUIDANCE = 3;
  private static final BackendSettings SETTINGS = BackendSettings.threads(2);
  private static final OnnxOptions OPTIONS =
      OnnxOptions.plugin(FloatFormat.FP32, AttentionForm.STANDARD);

  @TempDir Path folder;

  private final Backend nativeBackend = Backends.find("native");

  /** A sample, and what its pictures are made from. */
  private final class Sample {
    private final PipelineFolder files;
    private final DiffusionPipeline pipeline;
    private final DenoiserModel model;
    private final Scheduler scheduler;
    private final EncodedPrompts prompts;
    private final GenerationRequest request;

    Sample(String name, String scheduler, double guidance) {
      files = PipelineFolder.open(Path.of("..", "samples", name));
      pipeline =
          DiffusionPipeline.open(files, () -> nativeBackend.open(SETTINGS), Optional.of(scheduler));
      model = pipeline.model();
      this.scheduler = SchedulerFactory.byName(scheduler, files.config(Component.SCHEDULER));
      prompts =
          pipeline.encode(
              List.of("a red circle on a gray background", "a blue square"),
              "",
              ProgressListener.NONE);
      request =
          new GenerationRequest(
              List.of(3L, 4L),
              STEPS,
              guidance,
              Math.min(2, pipeline.defaultFrames()),
              pipeline.defaultHeight(),
              pipeline.defaultWidth(),
              8);
    }

    UnaryOperator<Parameters> quantized(String name, Checkpoint weights) {
      if (name.equals("full")) {
        return UnaryOperator.identity();
      }
      QuantizationPlan plan = BuiltInPlans.get(name);
      Optional<CalibrationStatistics> statistics =
          plan.needsCalibration()
              ? Optional.of(
                  new PipelineCalibration(pipeline, () -> nativeBackend.open(SETTINGS))
                      .run(request, prompts, 1, ProgressListener.NONE))
              : Optional.empty();
      return new PlanApplication(
                  files, () -> nativeBackend.open(SETTINGS), QuantizationListener.NONE)
              .apply(plan, weights, statistics)
          ::over;
    }

    /** Inputs of the sampler. */
    Map<String, Tensor> inputs(SeededNoise noise, Form form) {
      Map<String, Tensor> inputs = new LinkedHashMap<>();
      Shape shape = latents();
      inputs.put(SamplerGraph.NOISE, noise.draw(shape));
      prompts.positive().tensors().forEach(inputs::put);
      prompts
          .negativePerPrompt()
          .orElseThrow()
          .tensors()
          .forEach((name, tensor) -> inputs.put(SamplerGraph.NEGATIVE + name, tensor));
      inputs.put(
          SamplerGraph.GUIDANCE, Tensor.of(new float[] {(float) request.guidanceScale()}, 1));
      if (form.steps().draws()) {
        int[] dims = new int[shape.rank() + 1];
        dims[0] = form.steps().steps().size();
        System.arraycopy(shape.toArray(), 0, dims, 1, shape.rank());
        Tensor all = Tensor.zeros(dims);
        for (int k = 0; k < dims[0]; k++) {
          if (form.steps().steps().get(k).draws()) {
            float[] drawn = noise.draw(shape).data();
            System.arraycopy(drawn, 0, all.data(), k * drawn.length, drawn.length);
          }
        }
        inputs.put(SamplerGraph.STEP_NOISE, all);
      }
      return inputs;
    }

    private Shape latents() {
      return Shape.of(
          pipeline
              .grid()
              .shape(prompts.count(), request.frames(), request.height(), request.width()));
    }

    Form form() {
      return Form.of(scheduler, STEPS, request.isGuided(), model.latents().channels());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "pixart-mini, w8a8, dpmsolver++, 3",
    "pixart-mini, w4a8, dpmsolver++, 3",
    "pixart-mini, full, euler-ancestral, 3",
    "pixart-mini, w8a8, lcm, 1",
    "stdit-mini, w8a8, ddim, 3",
  })
  @Tag("slow")
  void latentsAreThoseOfItsStepsOneByOne(
      String name, String plan, String scheduler, double guidance) throws Exception {
    Sample sample = new Sample(name, scheduler, guidance);
    Form form = sample.form();
    Path sampler = folder.resolve("sampler");
    Path denoiser = folder.resolve("denoiser");
    int sets;
    try (Checkpoint weights = sample.files.checkpoint(Component.TRANSFORMER);
        Checkpoint stored = sample.files.checkpoint(Component.TRANSFORMER)) {
      Parameters parameters =
          sample.quantized(plan, weights).apply(new CheckpointParameters(stored));
      OnnxGraph graph =
          SamplerGraph.record(
              sample.model,
              sample.model.conditioning(sample.files.className()),
              parameters,
              OPTIONS,
              form);
      graph.write(sampler);
      GraphFile written = GraphFile.open(sampler.resolve(OnnxGraph.MODEL_FILE));
      assertThat(written.fingerprint()).isEqualTo(graph.fingerprint());
      assertThat(written.usesPlugins()).isEqualTo(!plan.equals("full"));
      OnnxGraph one =
          DenoiserGraph.recordOpen(sample.model, parameters, OPTIONS, OptionalDouble.empty());
      sets = one.activeSets().ranges().size();
      one.write(denoiser);
    }
    GraphCheck.require(sampler.resolve(OnnxGraph.MODEL_FILE));
    assertThat(sets).isEqualTo(plan.equals("w4a8") ? 2 : 0);

    Map<String, Tensor> inputs = sample.inputs(new SeededNoise(sample.request.seeds()), form);
    Tensor latents;
    try (GraphSession session = new GraphSession(sampler.resolve(OnnxGraph.MODEL_FILE))) {
      inputs.keySet().retainAll(session.inputs());
      assertThat(inputs.keySet()).containsExactlyInAnyOrderElementsOf(session.inputs());
      latents = session.run(inputs).get(InputNames.LATENTS);
    }
    Tensor expected;
    try (Denoiser steps =
        GraphDenoiser.open(
            sample.model, denoiser.resolve(OnnxGraph.MODEL_FILE), OperatorLibrary.NATIVE, 2)) {
      expected = stepByStep(sample, form, inputs, steps);
    }
    assertThat(latents.data()).isEqualTo(inDecodersOrder(expected).data());
    assertThat(latents.isFinite()).isTrue();
  }

  /** The sums of {@link LinearSteps} in float32, in the order in which the graph has them. */
  private static Tensor stepByStep(
      Sample sample, Form form, Map<String, Tensor> inputs, Denoiser denoiser) {
    EncodedPrompts prompts = sample.prompts.withMaskOfPrompt();
    if (!sample.files.root().getFileName().toString().startsWith("stdit")) {
      prompts = sample.prompts;
    }
    Conditions conditions =
        form.guided()
            ? prompts.negativePerPrompt().orElseThrow().concat(prompts.positive())
            : prompts.positive();
    Guidance guidance = new Guidance(sample.request.guidanceScale(), form.guidedChannels());
    List<float[]> samples = new ArrayList<>();
    List<float[]> outputs = new ArrayList<>();
    Shape shape = sample.latents();
    samples.add(times(inputs.get(SamplerGraph.NOISE).data(), (float) form.initialSigma()));
    List<LinearSteps.Step> steps = form.steps().steps();
    for (int k = 0; k < steps.size(); k++) {
      LinearSteps.Step step = steps.get(k);
      Tensor scaled = Tensor.of(shape, times(samples.get(k), (float) step.inputScale()));
      Tensor prediction =
          denoiser.predict(
              DenoiserInput.of(
                  form.guided() ? twice(scaled) : scaled, step.timestep(), conditions.tensors()));
      outputs.add(leading(form.guided() ? guidance.apply(prediction) : prediction, shape).data());
      float[] sum = new float[shape.size()];
      for (int j = 0; j < step.samples().length && j <= k; j++) {
        add(sum, samples.get(k - j), step.samples()[j]);
      }
      for (int j = 0; j < step.outputs().length && j <= k; j++) {
        add(sum, outputs.get(k - j), step.outputs()[j]);
      }
      if (form.steps().draws()) {
        float[] all = inputs.get(SamplerGraph.STEP_NOISE).data();
        add(sum, Arrays.copyOfRange(all, k * sum.length, (k + 1) * sum.length), step.noise());
      }
      samples.add(sum);
    }
    return Tensor.of(shape, samples.get(steps.size()));
  }

  private static float[] times(float[] values, float factor) {
    float[] result = new float[values.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = values[i] * factor;
    }
    return result;
  }

  private static void add(float[] sum, float[] values, double weight) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += values[i] * (float) weight;
    }
  }

  private static Tensor twice(Tensor latents) {
    int[] dims = latents.shape().toArray();
    dims[0] *= 2;
    float[] both = Arrays.copyOf(latents.data(), 2 * latents.size());
    System.arraycopy(latents.data(), 0, both, latents.size(), latents.size());
    return Tensor.of(Shape.of(dims), both);
  }

  /** The first channels of each picture. */
  private static Tensor leading(Tensor output, Shape shape) {
    int row = shape.size() / shape.dim(0);
    int all = output.size() / shape.dim(0);
    float[] kept = new float[shape.size()];
    for (int i = 0; i < shape.dim(0); i++) {
      System.arraycopy(output.data(), i * all, kept, i * row, row);
    }
    return Tensor.of(shape, kept);
  }

  /** Frames before channels. */
  private static Tensor inDecodersOrder(Tensor latents) {
    if (latents.shape().rank() == 4) {
      return latents;
    }
    int[] dims = latents.shape().toArray();
    int plane = dims[3] * dims[4];
    float[] result = new float[latents.size()];
    for (int b = 0; b < dims[0]; b++) {
      for (int c = 0; c < dims[1]; c++) {
        for (int t = 0; t < dims[2]; t++) {
          System.arraycopy(
              latents.data(),
              ((b * dims[1] + c) * dims[2] + t) * plane,
              result,
              ((b * dims[2] + t) * dims[1] + c) * plane,
              plane);
        }
      }
    }
    return Tensor.of(Shape.of(dims[0] * dims[2], dims[1], dims[3], dims[4]), result);
  }

  static Stream<Arguments> families() {
    return ModelFixtures.files().stream()
        // One frame is another network, which has no graph.
        .filter(file -> !file.getFileName().toString().contains("single_frame"))
        .flatMap(file -> Stream.of(Arguments.of(file, false), Arguments.of(file, true)));
  }

  /** A step of each family, in both dialects, with guidance that leads from a text to itself. */
  @ParameterizedTest
  @MethodSource("families")
  void everyFamilyHasASampler(Path file, boolean guided) throws Exception {
    try (FixtureCase fixture = FixtureReader.open(file)) {
      DenoiserModel model =
          DenoiserFamilies.model(
              JsonConfig.of(fixture.config(), file.toString()), fixture.weights());
      Scheduler euler =
          SchedulerFactory.byName(
              "euler", JsonConfig.of(new ObjectMapper().createObjectNode(), "scheduler"));
      Form form = Form.of(euler, 1, guided, model.latents().channels());
      OnnxOptions options = guided ? OPTIONS : OnnxOptions.STANDARD;
      SamplerGraph.record(model, model.conditioning(""), fixture.parameters(), options, form)
          .write(folder.resolve("sampler"));
      DenoiserGraph.recordOpen(model, fixture.parameters(), options, OptionalDouble.empty())
          .write(folder.resolve("denoiser"));
      Path sampler = folder.resolve("sampler").resolve(OnnxGraph.MODEL_FILE);
      GraphCheck.require(sampler);

      Map<String, Tensor> inputs =
          new LinkedHashMap<>(
              RecordedInputs.of(model, DenoiserInputs.of(fixture, UnaryOperator.identity()))
                  .tensors());
      Tensor noise = inputs.remove(InputNames.LATENTS);
      LinearSteps.Step step = form.steps().steps().get(0);
      float[] first = times(noise.data(), (float) form.initialSigma());
      float[] sum = new float[first.length];
      add(sum, first, step.samples()[0]);
      inputs.put(
          InputNames.LATENTS, Tensor.of(noise.shape(), times(first, (float) step.inputScale())));
      inputs.put(InputNames.TIMESTEPS, Tensor.full((float) step.timestep(), noise.shape().dim(0)));
      Tensor prediction = run(folder.resolve("denoiser").resolve(OnnxGraph.MODEL_FILE), inputs);
      add(sum, leading(prediction, noise.shape()).data(), step.outputs()[0]);

      Map<String, Tensor> given = new LinkedHashMap<>(inputs);
      inputs.forEach((name, tensor) -> given.put(SamplerGraph.NEGATIVE + name, tensor));
      given.put(SamplerGraph.NOISE, noise);
      given.put(SamplerGraph.GUIDANCE, Tensor.of(new float[] {2}, 1));
      Tensor latents = run(sampler, given);
      Tensor expected = inDecodersOrder(Tensor.of(noise.shape(), sum));
      assertThat(latents.shape()).isEqualTo(expected.shape());
      assertThat(latents.isFinite()).isTrue();
      if (!guided || model.nullText().isEmpty()) {
        double largest = 0;
        for (float value : expected.data()) {
          largest = Math.max(largest, Math.abs(value));
        }
        // Products of a doubled batch may be summed in other blocks.
        assertThat(latents.data())
            .containsExactly(expected.data(), within((float) (guided ? 1e-5 * largest : 0)));
      }
    }
  }

  /** Of the inputs, those that the graph has. */
  private static Tensor run(Path graph, Map<String, Tensor> inputs) throws Exception {
    try (GraphSession session = new GraphSession(graph)) {
      Map<String, Tensor> fed = new LinkedHashMap<>(inputs);
      fed.keySet().retainAll(session.inputs());
      return session.run(fed).values().iterator().next();
    }
  }

  @Test
  void stepsThatAreNoSumsAreRefused() {
    PipelineFolder files = PipelineFolder.open(Path.of("..", "samples", "pixart-mini"));
    Scheduler learned = SchedulerFactory.byName("iddpm", files.config(Component.SCHEDULER));
    assertThatThrownBy(() -> Form.of(learned, STEPS, true, 4))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("weighted sums")
        .hasMessageContaining("--scheduler");
  }
}
