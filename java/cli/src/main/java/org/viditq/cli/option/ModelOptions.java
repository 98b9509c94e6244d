package org.viditq.cli.option;

import java.nio.file.Path;
import org.viditq.core.diffusers.PipelineFolder;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which model. */
public final class ModelOptions {
  @Option(
      names = "--model",
      paramLabel = "DIR",
      required = true,
      description = "A diffusers pipeline folder (it holds model_index.json).")
  private Path folder;

  @Option(
      names = "--transformer",
      paramLabel = "DIR|FILE",
      description =
          "Take the transformer of this folder or file (safetensors, .pth, .pt, .bin) instead of the"
              + " pipeline's own.")
  private Path transformer;

  @Mixin private WeightsOptions weights;
  @Mixin private LoraOptions adapters;

  /** The pipeline that was asked for, its configurations checked. */
  public PipelineFolder open() {
    PipelineFolder pipeline = PipelineFolder.open(folder);
    return adapters
        .read()
        .mergedInto(
            (transformer == null ? pipeline : pipeline.withTransformer(transformer))
                .choosing(weights.choice()));
  }

  /** Whether a pipeline was named; always, but for the command that takes something else too. */
  public boolean isGiven() {
    return folder != null;
  }

  /** Whether another transformer than the pipeline's own was asked for. */
  public boolean hasTransformer() {
    return transformer != null;
  }

  /** Whether adapters are to be merged into the transformer. */
  public boolean hasAdapters() {
    return !adapters.read().isEmpty();
  }

  /** For reports: the folder of the pipeline, the transformer if it is another, and adapters. */
  public String describe() {
    return folder
        + (transformer == null ? "" : " with " + transformer)
        + (hasAdapters() ? " with LoRA " + adapters.read().describe() : "");
  }
}
