package org.viditq.serve.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.viditq.cli.console.Console;
import org.viditq.cli.option.PrecisionOptions;
import org.viditq.cli.quantize.QuantizationOptions;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.SamplingDefaults;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.MemoryEstimate;
import org.viditq.core.pipeline.PartWeights;
import org.viditq.core.pipeline.cache.StepCaching;
import org.viditq.quantize.apply.ChosenParameters;

/**
 * A model under the name that requests call it by, with the plans that it is served with. Its
 * configurations are read when it is made; weights are not.
 */
public final class ServedModel {
  /** What {@code plan} calls no plan. */
  public static final String FULL_PRECISION = "full-precision";

  private final String name;
  private final PrecisionOptions backend;
  private final String cache;
  private final Map<String, Form> forms = new LinkedHashMap<>();

  /** Pipelines by plan and scheduler, as many as there are names of both. */
  private final Map<String, DiffusionPipeline> pipelines = new ConcurrentHashMap<>();

  /** By plan; their files' heads are read once. */
  private final Map<String, PartWeights> weights = new ConcurrentHashMap<>();

  /** One way of quantizing it. */
  private record Form(QuantizationOptions quantization, PipelineFolder folder) {}

  /**
   * @param plans by the names that requests call them by, the default first; at least one
   * @param cache step caching of requests that say nothing about it, see {@link #caching}
   * @throws org.viditq.core.error.ViditqException if a plan cannot be read, or there is no such
   *     caching
   */
  public ServedModel(
      String name,
      PipelineFolder folder,
      Map<String, QuantizationOptions> plans,
      PrecisionOptions backend,
      String cache) {
    this.name = name;
    this.backend = backend;
    this.cache = cache;
    plans.forEach(
        (plan, quantization) ->
            forms.put(plan, new Form(quantization, quantization.configure(folder))));
    // Reads the plans: one that cannot be read is told before the first request for it.
    forms.values().forEach(form -> form.quantization().weightForm(backend.precision()));
    if (caching(cache).isOn() && !backend.find().computesAtOnce()) {
      throw StepCaching.unsupported("--cache " + cache);
    }
  }

  public String name() {
    return name;
  }

  /** The names of its plans, the default first. */
  public List<String> plans() {
    return List.copyOf(forms.keySet());
  }

  /** The plan of requests that name none. */
  public String defaultPlan() {
    return forms.keySet().iterator().next();
  }

  /** The step caching of requests that say nothing about it. */
  public String defaultCache() {
    return cache;
  }

  /**
   * What steps take from earlier ones, by the words of {@code --cache}.
   *
   * @throws org.viditq.core.error.UsageException if they ask for nothing that there is
   */
  public StepCaching caching(String words) {
    return pipeline(defaultPlan()).caching(words, Optional.empty());
  }

  /** Whether it makes clips and not pictures. */
  public boolean makesClips() {
    return pipeline(defaultPlan()).model().latents().isVideo();
  }

  public SamplingDefaults samplingDefaults() {
    return pipeline(defaultPlan()).model().samplingDefaults();
  }

  /**
   * The pipeline, which shares nothing with others but files.
   *
   * @param plan one of {@link #plans()}
   * @param scheduler a name that {@code --scheduler} takes; empty for the pipeline's own
   */
  public DiffusionPipeline pipeline(String plan, Optional<String> scheduler) {
    return pipelines.computeIfAbsent(
        plan + "\n" + scheduler.orElse(""),
        key ->
            backend.prepare(
                DiffusionPipeline.open(forms.get(plan).folder(), backend::open, scheduler)));
  }

  /** As {@link #pipeline(String, Optional)} with the pipeline's own scheduler. */
  public DiffusionPipeline pipeline(String plan) {
    return pipeline(plan, Optional.empty());
  }

  /** The transformer's parameters under a plan; quantizes on the fly where nothing is stored. */
  ChosenParameters choose(String plan, Console console) {
    Form form = forms.get(plan);
    return form.quantization().choose(form.folder(), backend::open, console);
  }

  /** What one picture takes at the least, everything included. */
  public MemoryEstimate estimate(String plan, GenerationRequest request) {
    return MemoryEstimate.of(
        pipeline(plan),
        request,
        forms.get(plan).quantization().weightForm(backend.precision()),
        1,
        1);
  }

  /** What its parts take when they are loaded. */
  PartWeights weights(String plan) {
    return weights.computeIfAbsent(
        plan,
        name ->
            PartWeights.of(
                pipeline(name), forms.get(name).quantization().weightForm(backend.precision())));
  }
}
