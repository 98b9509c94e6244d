package org.viditq.cli.option;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.cache.StepCaching;
import picocli.CommandLine.Option;

/** {@code --cache}: what sampling steps take from earlier ones. */
public final class CacheOptions {
  @Option(
      names = "--step-changes",
      paramLabel = "FILE",
      description =
          "The fit of calibrate --step-changes for --cache auto and threshold. Default:"
              + " step_changes.json in the model's folder.")
  private Path stepChanges;

  /**
   * What a text of {@code --cache} asks for with this model.
   *
   * @throws org.viditq.core.error.UsageException if it asks for nothing that there is
   */
  public StepCaching read(String text, DiffusionPipeline pipeline) {
    return pipeline.caching(text, Optional.ofNullable(stepChanges));
  }

  /** As {@link #read}, by the fit in the model's folder, of several texts. */
  public static List<StepCaching> readAll(List<String> texts, DiffusionPipeline pipeline) {
    return texts.stream()
        .map(text -> pipeline.caching(text, Optional.empty()))
        .filter(StepCaching::isOn)
        .distinct()
        .toList();
  }

  /** As {@link #read}, of several texts; each caching once, in order. */
  public List<StepCaching> read(List<String> texts, DiffusionPipeline pipeline) {
    return texts.stream().map(text -> read(text, pipeline)).distinct().toList();
  }
}
