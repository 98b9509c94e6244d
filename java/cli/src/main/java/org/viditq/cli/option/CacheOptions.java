package org.viditq.cli.option;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.cache.ChangeEstimate;
import org.viditq.core.pipeline.cache.ChangeEstimateFile;
import org.viditq.core.pipeline.cache.StepCaching;
import picocli.CommandLine.Option;

/** {@code --cache}: what sampling steps take from earlier ones. */
public final class CacheOptions {
  private static final Logger LOG = LoggerFactory.getLogger(CacheOptions.class);

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
    return read(text, pipeline, Optional.ofNullable(stepChanges));
  }

  /** As {@link #read}, by the fit in the model's folder, of several texts. */
  public static List<StepCaching> readAll(List<String> texts, DiffusionPipeline pipeline) {
    return texts.stream()
        .map(text -> read(text, pipeline, Optional.empty()))
        .filter(StepCaching::isOn)
        .distinct()
        .toList();
  }

  private static StepCaching read(
      String text, DiffusionPipeline pipeline, Optional<Path> stepChanges) {
    StepCaching plain = StepCaching.parse(text, ChangeEstimate.IDENTITY);
    if (plain.threshold().isEmpty()) {
      return plain;
    }
    Optional<ChangeEstimate> fitted =
        stepChanges.isEmpty()
            ? ChangeEstimateFile.find(pipeline.folder().root(), pipeline.model())
            : Optional.of(ChangeEstimateFile.read(stepChanges.get(), pipeline.model()));
    if (fitted.isEmpty() && text.equals("auto")) {
      LOG.warn(
          "The model's folder has no {}, so --cache auto takes the change of the blocks' input as"
              + " that of their output; viditq calibrate --step-changes fits it.",
          ChangeEstimateFile.NAME);
    }
    return StepCaching.parse(text, fitted.orElse(ChangeEstimate.IDENTITY));
  }

  /** As {@link #read}, of several texts; each caching once, in order. */
  public List<StepCaching> read(List<String> texts, DiffusionPipeline pipeline) {
    return texts.stream().map(text -> read(text, pipeline)).distinct().toList();
  }
}
