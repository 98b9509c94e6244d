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
  private final Map<String, Form> forms = new LinkedHashMap<>();

  /** Pipelines by plan and scheduler, as many as there are names of both. */
  private final Map<String, DiffusionPipeline> pipelines = new ConcurrentHashMap<>();

  /** One way of quantizing it. */
  private record Form(QuantizationOptions quantization, PipelineFolder folder) {}

  /**
   * @param plans by the names that requests call them by, the default first; at least one
   * @throws org.viditq.core.error.ViditqException if a plan cannot be read
   */
  public ServedModel(
      String name,
      PipelineFolder folder,
      Map<String, QuantizationOptions> plans,
      PrecisionOptions backend) {
    this.name = name;
    this.backend = backend;
    plans.forEach(
        (plan, quantization) ->
            forms.put(plan, new Form(quantization, quantization.configure(folder))));
    // Reads the plans: one that cannot be read is told before the first request for it.
    forms.values().forEach(form -> form.quantization().weightForm(backend.precision()));
    pipeline(defaultPlan(), Optional.empty());
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

  /** Whether it makes clips and not pictures. */
  public boolean makesClips() {
    return pipeline(defaultPlan(), Optional.empty()).model().latents().isVideo();
  }

  public SamplingDefaults samplingDefaults() {
    return pipeline(defaultPlan(), Optional.empty()).model().samplingDefaults();
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

  /** The transformer's parameters under a plan; quantizes on the fly where nothing is stored. */
  ChosenParameters choose(String plan, Console console) {
    Form form = forms.get(plan);
    return form.quantization().choose(form.folder(), backend::open, console);
  }

  /** What one picture takes at the least, everything included. */
  public MemoryEstimate estimate(String plan, GenerationRequest request) {
    return MemoryEstimate.of(
        pipeline(plan, Optional.empty()),
        request,
        forms.get(plan).quantization().weightForm(backend.precision()),
        1,
        1);
  }

  /** Bytes of the denoiser when it is resident, as estimated from its files. */
  long residentBytes(String plan) {
    DiffusionPipeline pipeline = pipeline(plan, Optional.empty());
    GenerationRequest smallest =
        GenerationRequest.pictures(
            List.of(0L),
            1,
            1,
            pipeline.grid().pixelsPerPatchRow(),
            pipeline.grid().pixelsPerPatchColumn());
    return estimate(plan, smallest).denoiser();
  }
}
