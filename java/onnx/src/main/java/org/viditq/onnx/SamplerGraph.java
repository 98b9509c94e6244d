package org.viditq.onnx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.Conditioning;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.InputSpec;
import org.viditq.core.model.InputSpec.Axis;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.PreparedDenoiser;
import org.viditq.core.schedule.LinearSteps;
import org.viditq.core.schedule.SamplingRun;
import org.viditq.core.schedule.Scheduler;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * A whole sampling as one ONNX graph: a loop over the steps of a scheduler, whose body evaluates
 * the denoiser, guides and steps. Its number of steps is fixed; timesteps, weight sets and the
 * weights of {@link LinearSteps} are tables that the body looks its step up in.
 *
 * <p>Inputs, float32, for all extents:
 *
 * <ul>
 *   <li>{@value #NOISE} [batch, C, (frames,) height, width], standard normal: drawn by who asks, as
 *       the same seed is to give the same picture on every engine;
 *   <li>what the denoiser is conditioned on, by the names of {@link InputNames}, a row per picture;
 *   <li>with guidance, {@value #NEGATIVE} before the names of what comes from a prompt, and {@value
 *       #GUIDANCE} [1]. A model that has learned a text that stands for none takes that one, and
 *       where a prompt's mask holds for its negative one, too, there is but that;
 *   <li>{@value #STEP_NOISE} [steps, batch, C, (frames,) height, width], for schedulers that draw
 *       noise in their steps.
 * </ul>
 *
 * <p>Its output is {@link InputNames#LATENTS}, as the decoder takes them: of clips [batch · frames,
 * C, height, width].
 */
public final class SamplerGraph {
  public static final String NOISE = "noise";
  public static final String STEP_NOISE = "step_noise";
  public static final String GUIDANCE = "guidance";
  public static final String NEGATIVE = "negative_";

  private static final String SCOPE = "sampler";

  /** What there is a negative one of. */
  private static final Set<String> OF_PROMPTS =
      Set.of(
          InputNames.TEXT,
          InputNames.MASK,
          InputNames.TEXT_2,
          InputNames.MASK_2,
          InputNames.LABELS);

  private final DenoiserModel model;
  private final Conditioning conditioning;
  private final Form form;
  private final OnnxOperators operators;
  private final GraphRecorder recorder;
  private final PreparedDenoiser<OnnxValue> denoiser;
  private final Optional<OnnxValue> nullText;
  private final Map<String, OnnxValue> tables = new HashMap<>();
  private final Optional<OnnxValue> sets;

  /**
   * How is sampled.
   *
   * @param initialSigma standard deviation of the noise that sampling starts from
   * @param guided whether the denoiser is evaluated without the prompt, too
   * @param guidedChannels how many leading channels guidance applies to
   */
  public record Form(LinearSteps steps, double initialSigma, boolean guided, int guidedChannels) {
    /**
     * @param count of steps
     * @param channels of the model's latents
     * @throws UsageException if the scheduler cannot take that many steps, or its steps are not
     *     linear
     */
    public static Form of(Scheduler scheduler, int count, boolean guided, int channels) {
      SamplingRun run = scheduler.start(count);
      return LinearSteps.of(scheduler, () -> scheduler.start(count), 0)
          .map(
              steps ->
                  new Form(
                      steps, run.initialNoiseSigma(), guided, scheduler.guidedChannels(channels)))
          .orElseThrow(
              () ->
                  new UsageException(
                      "A graph of the whole sampling needs a scheduler whose steps are weighted"
                          + " sums, but this one learns variances or bounds clean samples; choose"
                          + " another one with --scheduler, for example dpmsolver++ or ddim."));
    }

    private int count() {
      return steps.steps().size();
    }

    private int copies() {
      return guided ? 2 : 1;
    }
  }

  private SamplerGraph(
      DenoiserModel model,
      Conditioning conditioning,
      Parameters parameters,
      Form form,
      OnnxOperators operators) {
    this.model = model;
    this.conditioning = conditioning;
    this.form = form;
    this.operators = operators;
    this.recorder = operators.recorder();
    this.denoiser = model.prepare(parameters, operators);
    this.nullText =
        form.guided() && conditioning instanceof Conditioning.Text text
            ? model.nullText().map(name -> nullText(parameters, name, text))
            : Optional.empty();
    ActiveSetRanges ranges =
        operators.activeSet().map(ActiveSet::ranges).orElse(new ActiveSetRanges(List.of()));
    this.sets =
        ranges.ranges().isEmpty()
            ? Optional.empty()
            : Optional.of(
                recorder.constant(
                    SCOPE + "." + ActiveSetRanges.INPUT,
                    IntegerConstant.matrix(
                        ElementType.INT32,
                        form.count(),
                        1,
                        form.steps().steps().stream()
                            .mapToInt(step -> ranges.at(step.timestep()))
                            .toArray())));
  }

  /** float32 [1, tokens, features]. */
  private OnnxValue nullText(Parameters parameters, String name, Conditioning.Text text) {
    StoredTensor stored = parameters.stored(name, text.tokens(), text.features());
    OnnxValue table = recorder.constant(name, new FloatConstant(stored));
    return operators.reshape(table, 1, text.tokens(), text.features());
  }

  /**
   * Records the graph.
   *
   * @param conditioning of the model in its pipeline
   * @param parameters must stay open until the graph is written
   * @throws UsageException if the portable dialect has several weight sets to choose from
   * @throws org.viditq.core.error.BackendException naming a layer or value that cannot be exported
   *     so
   */
  public static OnnxGraph record(
      DenoiserModel model,
      Conditioning conditioning,
      Parameters parameters,
      OnnxOptions options,
      Form form) {
    try (OnnxOperators operators = new OnnxOperators(options.open())) {
      operators.selectSet(OptionalDouble.empty());
      SamplerGraph sampler = new SamplerGraph(model, conditioning, parameters, form, operators);
      List<GraphInput> inputs = sampler.inputs().stream().map(GraphInput::floats).toList();
      OpenRecording.Opened opened =
          OpenRecording.record(
              operators.recorder(),
              inputs,
              DenoiserGraph.probes(model, inputs),
              values -> List.of(sampler.sample(values)));
      return operators.graph(
          model.family().toLowerCase(Locale.ROOT) + "_" + SCOPE,
          Map.of(InputNames.LATENTS, opened.outputs().get(0)),
          opened.dimensions());
    }
  }

  private List<InputSpec> inputs() {
    List<InputSpec> inputs = new ArrayList<>();
    List<Axis> latents = model.latents().input().axes();
    inputs.add(new InputSpec(NOISE, latents, false));
    for (InputSpec spec : conditions()) {
      inputs.add(spec);
      if (hasNegative(spec.name())) {
        inputs.add(new InputSpec(NEGATIVE + spec.name(), spec.axes(), false));
      }
    }
    if (form.guided()) {
      inputs.add(InputSpec.of(GUIDANCE, Axis.fixed(1)));
    }
    if (form.steps().draws()) {
      List<Axis> axes = new ArrayList<>(List.of(Axis.fixed(form.count())));
      axes.addAll(latents);
      inputs.add(new InputSpec(STEP_NOISE, axes, false));
    }
    return inputs;
  }

  /** What the denoiser takes beside latents and timesteps; texts as long as a learned one. */
  private List<InputSpec> conditions() {
    return model.inputs().stream()
        .filter(
            spec ->
                !spec.name().equals(InputNames.LATENTS)
                    && !spec.name().equals(InputNames.TIMESTEPS))
        .map(spec -> nullText.map(text -> ofLength(spec, text.shape().dim(1))).orElse(spec))
        .toList();
  }

  private static InputSpec ofLength(InputSpec spec, int tokens) {
    return new InputSpec(
        spec.name(),
        spec.axes().stream()
            .map(axis -> axis.equals(Axis.TOKENS) ? Axis.fixed(tokens) : axis)
            .toList(),
        spec.optional());
  }

  private boolean hasNegative(String name) {
    boolean sharesMask =
        conditioning instanceof Conditioning.Text text
            && text.padding() == Conditioning.Padding.MASK_OF_PROMPT;
    return form.guided()
        && OF_PROMPTS.contains(name)
        && nullText.isEmpty()
        && !(sharesMask && name.equals(InputNames.MASK));
  }

  /** From the inputs to the latents, in the decoder's layout. */
  private OnnxValue sample(Map<String, OnnxValue> inputs) {
    OnnxValue noise = inputs.get(NOISE);
    Map<String, OnnxValue> conditions = new LinkedHashMap<>();
    for (InputSpec spec : conditions()) {
      conditions.put(spec.name(), condition(spec.name(), inputs));
    }
    List<OnnxValue> first = new ArrayList<>();
    first.add(
        form.initialSigma() == 1 ? noise : operators.scale(noise, (float) form.initialSigma()));
    while (first.size() < samples() + outputs() - 1) {
      first.add(recorder.constant(Tensor.zeros(noise.shape().toArray()), ElementType.FLOAT));
    }
    List<OnnxValue> last =
        LoopBody.loop(
            recorder,
            form.count(),
            first,
            (index, carried) -> step(index, carried, conditions, inputs));
    return asDecoded(last.get(0));
  }

  /** For the whole batch: with guidance the negative half comes first. */
  private OnnxValue condition(String name, Map<String, OnnxValue> inputs) {
    OnnxValue positive = inputs.get(name);
    if (!form.guided()) {
      return positive;
    }
    OnnxValue negative = inputs.getOrDefault(NEGATIVE + name, positive);
    if (nullText.isPresent() && name.equals(InputNames.TEXT)) {
      negative = operators.broadcast(nullText.get(), positive.shape().toArray());
    }
    return operators.concat(List.of(negative, positive), 0);
  }

  /** How many samples steps look at: the last one, and earlier ones. */
  private int samples() {
    return depth(LinearSteps.Step::samples);
  }

  /** How many outputs steps look at, that of the step itself included. */
  private int outputs() {
    return depth(LinearSteps.Step::outputs);
  }

  private int depth(Function<LinearSteps.Step, double[]> weights) {
    int depth = 1;
    for (LinearSteps.Step step : form.steps().steps()) {
      double[] values = weights.apply(step);
      for (int j = 0; j < values.length; j++) {
        depth = values[j] == 0 ? depth : Math.max(depth, j + 1);
      }
    }
    return depth;
  }

  /**
   * One step.
   *
   * @param carried the last samples, then the outputs of one step less, the newest first
   */
  private List<OnnxValue> step(
      OnnxValue index,
      List<OnnxValue> carried,
      Map<String, OnnxValue> conditions,
      Map<String, OnnxValue> inputs) {
    OnnxValue output = guided(predict(index, carried.get(0), conditions), inputs);
    List<OnnxValue> outputs = new ArrayList<>(List.of(output));
    outputs.addAll(carried.subList(samples(), carried.size()));

    OnnxValue sum = null;
    for (int j = 0; j < samples(); j++) {
      int lag = j;
      sum = plus(sum, carried.get(j), "samples." + j, index, step -> step.samples()[lag]);
    }
    for (int j = 0; j < outputs(); j++) {
      int lag = j;
      sum = plus(sum, outputs.get(j), "outputs." + j, index, step -> step.outputs()[lag]);
    }
    if (form.steps().draws()) {
      OnnxValue noise =
          gather(inputs.get(STEP_NOISE), index, ElementType.FLOAT, inputs.get(NOISE).shape());
      sum = plus(sum, noise, "noise", index, LinearSteps.Step::noise);
    }
    List<OnnxValue> next = new ArrayList<>(List.of(sum));
    next.addAll(carried.subList(0, samples() - 1));
    next.addAll(outputs.subList(0, outputs() - 1));
    return next;
  }

  private OnnxValue predict(OnnxValue index, OnnxValue sample, Map<String, OnnxValue> conditions) {
    boolean scales = form.steps().steps().stream().anyMatch(step -> step.inputScale() != 1);
    OnnxValue scaled =
        scales
            ? operators.multiply(sample, weight("scale", index, LinearSteps.Step::inputScale))
            : sample;
    int batch = form.copies() * sample.shape().dim(0);
    sets.ifPresent(
        table ->
            operators
                .activeSet()
                .orElseThrow()
                .choose(gather(table, index, ElementType.INT32, Shape.of(1))));
    Map<String, OnnxValue> values = new HashMap<>(conditions);
    values.put(
        InputNames.LATENTS, form.guided() ? operators.concat(List.of(scaled, scaled), 0) : scaled);
    values.put(
        InputNames.TIMESTEPS,
        operators.broadcast(
            weight(InputNames.TIMESTEPS, index, LinearSteps.Step::timestep), batch));
    return operators.exact(denoiser.evaluate(DenoiserGraph.computed(values, operators)));
  }

  /** The output that the scheduler is given, of as many channels as the latents have. */
  private OnnxValue guided(OnnxValue prediction, Map<String, OnnxValue> inputs) {
    int channels = model.latents().channels();
    OnnxValue used =
        prediction.shape().dim(1) == channels
            ? prediction
            : operators.slice(prediction, 1, 0, channels);
    if (!form.guided()) {
      return used;
    }
    int batch = used.shape().dim(0) / 2;
    OnnxValue without = operators.slice(used, 0, 0, batch);
    OnnxValue with = operators.slice(used, 0, batch, 2 * batch);
    int guided = Math.min(form.guidedChannels(), channels);
    if (guided == channels) {
      return guided(without, with, inputs.get(GUIDANCE));
    }
    OnnxValue leading =
        guided(
            operators.slice(without, 1, 0, guided),
            operators.slice(with, 1, 0, guided),
            inputs.get(GUIDANCE));
    return operators.concat(List.of(leading, operators.slice(with, 1, guided, channels)), 1);
  }

  private OnnxValue guided(OnnxValue without, OnnxValue with, OnnxValue scale) {
    OnnxValue difference =
        recorder.node("Sub").of(SCOPE).inputs(with, without).result(with.type(), with.shape());
    return operators.add(without, operators.multiply(difference, scale));
  }

  /**
   * Adds a term whose weight the step says.
   *
   * @param sum null if it is the first
   */
  private OnnxValue plus(
      OnnxValue sum,
      OnnxValue value,
      String name,
      OnnxValue index,
      ToDoubleFunction<LinearSteps.Step> weights) {
    OnnxValue term = operators.multiply(value, weight(name, index, weights));
    return sum == null ? term : operators.add(sum, term);
  }

  /** A number of the step, float32 of rank 0. */
  private OnnxValue weight(
      String name, OnnxValue index, ToDoubleFunction<LinearSteps.Step> weights) {
    OnnxValue table =
        tables.computeIfAbsent(
            name,
            column -> {
              float[] values = new float[form.count()];
              for (int i = 0; i < values.length; i++) {
                values[i] = (float) weights.applyAsDouble(form.steps().steps().get(i));
              }
              return recorder.constant(
                  SCOPE + "." + column, new TensorConstant(Tensor.of(values, values.length)));
            });
    return gather(table, index, ElementType.FLOAT, Shape.of());
  }

  private OnnxValue gather(OnnxValue table, OnnxValue index, ElementType type, Shape row) {
    return recorder
        .node("Gather")
        .of(SCOPE)
        .inputs(table, index)
        .attribute("axis", 0)
        .result(type, row);
  }

  /** Frames of clips one behind the other. */
  private OnnxValue asDecoded(OnnxValue latents) {
    if (!model.latents().isVideo()) {
      return latents;
    }
    Shape shape = latents.shape();
    return operators.reshape(
        operators.permute(latents, 0, 2, 1, 3, 4),
        shape.dim(0) * shape.dim(2),
        shape.dim(1),
        shape.dim(3),
        shape.dim(4));
  }
}
