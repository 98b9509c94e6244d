package org.viditq.cli.option;

import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.SamplingDefaults;
import org.viditq.core.schedule.Scheduler;
import org.viditq.core.schedule.SchedulerFactory;
import org.viditq.onnx.SamplerGraph;
import picocli.CommandLine.Option;

/** How a whole sampling in one graph is taken. */
public final class SamplerOptions {
  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Steps of an exported sampler. Default: the model's, 20 for PixArt.")
  private Integer steps;

  @Option(
      names = "--guidance",
      paramLabel = "X",
      description =
          "At 1 or less, an exported sampler has neither guidance nor negative prompts; otherwise"
              + " its scale is an input. Default: the model's, 4.5 for PixArt.")
  private Double guidance;

  @Option(
      names = "--scheduler",
      paramLabel = "S",
      completionCandidates = SchedulerNames.class,
      description =
          "The scheduler of an exported sampler: one of ${COMPLETION-CANDIDATES}, or a class of"
              + " diffusers; its steps must be weighted sums, as those of all are but of iddpm and"
              + " where clean samples are bounded. Default: the pipeline's own.")
  private String scheduler;

  /** Whether any was asked for. */
  public boolean given() {
    return steps != null || guidance != null || scheduler != null;
  }

  /**
   * What the sampler's graph is recorded for.
   *
   * @throws UsageException if there are no such steps, or no graph has them
   */
  public SamplerGraph.Form form(PipelineFolder folder, DenoiserModel model) {
    SamplingDefaults defaults = model.samplingDefaults();
    int count = steps == null ? defaults.steps() : steps;
    if (count < 1) {
      throw new UsageException("--steps is " + count + ", but must be at least 1.");
    }
    double scale = guidance == null ? defaults.guidanceScale() : guidance;
    if (!Double.isFinite(scale)) {
      throw new UsageException("--guidance is " + scale + ", which is no number.");
    }
    JsonConfig config = folder.config(Component.SCHEDULER);
    Scheduler chosen =
        scheduler == null
            ? SchedulerFactory.fromConfig(config)
            : SchedulerFactory.byName(scheduler, config);
    return SamplerGraph.Form.of(chosen, count, scale > 1, model.latents().channels());
  }
}
