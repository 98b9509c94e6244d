package org.viditq.bench.model;

import java.nio.file.Path;
import java.util.List;
import org.viditq.bench.report.ScratchOption;
import org.viditq.cli.console.Progress;
import org.viditq.core.io.AtomicOutput;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Full-size models with random weights, and plans for them. */
public final class FullSizeOptions {
  @Option(
      names = "--models",
      split = ",",
      paramLabel = "NAME",
      description =
          "Of dit-xl-2, latte-1, pixart-sigma-xl, stdit-xl-2. Default: pixart-sigma-xl; export:"
              + " stdit-xl-2, too.")
  private List<String> models;

  @Option(
      names = "--plans",
      split = ",",
      paramLabel = "P",
      description =
          "Built-in plans or YAML files; of export, such that need no calibration. Default:"
              + " viditq-rotate,convrot,w4a8-gptq; export: w8a8,w4a8-dynamic.")
  private List<String> plans;

  @Mixin private ScratchOption scratch;

  /** What is done with a model. */
  public interface Work {
    /**
     * @param pipeline folder with nothing but its transformer
     * @param place folder for other files, deleted afterwards
     */
    void on(FullSizeModel model, Path pipeline, Path place);
  }

  /**
   * @param standard where none are given
   * @throws org.viditq.core.error.UsageException if there is none of a name
   */
  public List<FullSizeModel> models(String... standard) {
    return (models == null ? List.of(standard) : models)
        .stream().map(FullSizeModel::named).toList();
  }

  /** Names of plans, {@code standard} where none are given. */
  public List<String> plans(String... standard) {
    return plans == null ? List.of(standard) : plans;
  }

  /**
   * Writes one model after the other, and deletes it when the work on it is done.
   *
   * @param name that of the folders begins with
   * @param progress is labelled with the models' names
   */
  public void forEach(List<FullSizeModel> chosen, String name, Progress progress, Work work) {
    for (FullSizeModel model : chosen) {
      try (AtomicOutput place = scratch.folder(name)) {
        progress.label(model.name());
        Path pipeline = place.path().resolve("pipeline");
        RandomPipeline.write(model, pipeline);
        work.on(model, pipeline, place.path());
      }
    }
  }
}
