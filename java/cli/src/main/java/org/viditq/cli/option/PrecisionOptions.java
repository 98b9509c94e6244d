package org.viditq.cli.option;

import java.nio.file.Path;
import org.viditq.core.operators.Backend;
import org.viditq.core.operators.BackendSettings;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Precision;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.RecordingBackend;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where operators run, and what full-precision layers multiply there. */
public final class PrecisionOptions {
  @Mixin private BackendOptions backend;

  @Option(
      names = "--precision",
      paramLabel = "P",
      defaultValue = "fp32",
      description =
          "What full-precision linear layers multiply: fp32, or bf16 (half the memory, 8 bits of"
              + " significand; needs a processor with AVX512_BF16 or AMX); with engines of a GPU"
              + " all that is not integers, also fp16. Default: ${DEFAULT-VALUE}.")
  private Precision precision;

  @Option(
      names = "--tensorrt",
      paramLabel = "DIR",
      description =
          "With --backend tensorrt, the folder of TensorRT 11's libraries. Default: where the"
              + " system keeps libraries, and LD_LIBRARY_PATH.")
  private Path libraries;

  @Option(
      names = "--cache-folder",
      paramLabel = "DIR",
      description =
          "With --backend tensorrt, the folder of engines that are kept; yours alone. Default:"
              + " ~/.cache/viditq/tensorrt.")
  private Path cache;

  /**
   * The backend that was asked for, able to run here in the precision that was asked for.
   *
   * @throws org.viditq.core.error.BackendException if there is none
   */
  public Backend find() {
    Backend found = backend.find();
    found.requireSupport(precision);
    return found;
  }

  /** Opens its operators. */
  public Operators<?> open() {
    return find().open(settings());
  }

  /** A pipeline on the backend: as a whole network each, where that is what it runs. */
  public DiffusionPipeline prepare(DiffusionPipeline pipeline) {
    return find() instanceof RecordingBackend recording
        ? pipeline.on(() -> recording.networks(settings()))
        : pipeline;
  }

  private BackendSettings settings() {
    BackendSettings settings = BackendSettings.threads(threads()).withPrecision(precision);
    if (libraries != null) {
      settings = settings.withLibraries(libraries);
    }
    return cache == null ? settings : settings.withCache(cache);
  }

  public Precision precision() {
    return precision;
  }

  /** See {@link BackendOptions#threads()}. */
  public int threads() {
    return backend.threads();
  }
}
