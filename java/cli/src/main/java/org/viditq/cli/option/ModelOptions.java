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

  /** The pipeline that was asked for, its configurations checked. */
  public PipelineFolder open() {
    PipelineFolder pipeline = PipelineFolder.open(folder);
    return (transformer == null ? pipeline : pipeline.withTransformer(transformer))
        .choosing(weights.choice());
  }

  /** Whether another transformer than the pipeline's own was asked for. */
  public boolean hasTransformer() {
    return transformer != null;
  }

  /** For reports: the folder of the pipeline, and of the transformer if it is another. */
  public String describe() {
    return transformer == null ? folder.toString() : folder + " with " + transformer;
  }
}
