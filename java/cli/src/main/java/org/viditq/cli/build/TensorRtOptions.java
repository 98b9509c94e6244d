package org.viditq.cli.build;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.viditq.core.error.UsageException;
import org.viditq.tensorrt.build.BuildOptions;
import org.viditq.tensorrt.engine.EngineCache;
import org.viditq.tensorrt.engine.EngineTarget.Hardware;
import picocli.CommandLine.Option;

/** How TensorRT builds, and where it lies. */
final class TensorRtOptions {
  private static final Pattern SIZE =
      Pattern.compile("([0-9]{1,9})\\s*([KMG]?)i?B?", Pattern.CASE_INSENSITIVE);
  private static final int MOST_EFFORT = 5;

  @Option(
      names = "--weights",
      paramLabel = "W",
      defaultValue = "full",
      description =
          "full, or stripped: without weights, to be filled by --refit with those of one checkpoint"
              + " or another (fine-tunes, merged LoRA). Default: ${DEFAULT-VALUE}.")
  private Weights weights;

  @Option(
      names = "--version-compatible",
      description = "The engine runs in later versions of TensorRT with the same major number.")
  private boolean versionCompatible;

  @Option(
      names = "--hardware",
      paramLabel = "H",
      defaultValue = "same",
      description =
          "GPUs that the engine runs on: same (as this one, the fastest), same_capability, or"
              + " ampere_and_later. Default: ${DEFAULT-VALUE}.")
  private Hardware hardware;

  @Option(
      names = "--workspace",
      paramLabel = "SIZE",
      description = "Memory of the GPU for kernels beside their operands, such as 2GiB.")
  private String workspace;

  @Option(
      names = "--effort",
      paramLabel = "N",
      defaultValue = "3",
      description =
          "TensorRT's optimization level, from 0 (built fast) to 5 (runs fast). Default:"
              + " ${DEFAULT-VALUE}.")
  private int effort;

  @Option(
      names = "--tensorrt",
      paramLabel = "DIR",
      description =
          "The folder of TensorRT 11's libraries. Default: where the system keeps libraries, and"
              + " LD_LIBRARY_PATH.")
  private Path tensorRt;

  @Option(
      names = "--plugins",
      paramLabel = "FILE",
      description = "viditq's plugin library. Default: that of the natives.")
  private Path plugins;

  @Option(
      names = "--cache-folder",
      paramLabel = "DIR",
      description =
          "The folder of engines that are kept and of TensorRT's timings; yours alone. Default:"
              + " ~/.cache/viditq/tensorrt.")
  private Path cacheFolder;

  /** What of the weights is in an engine. */
  enum Weights {
    FULL,
    STRIPPED
  }

  /**
   * @throws UsageException if a number is out of its range
   */
  BuildOptions build() {
    if (effort < 0 || effort > MOST_EFFORT) {
      throw new UsageException("--effort is " + effort + ", but must be 0 to 5.");
    }
    return new BuildOptions(
        weights == Weights.STRIPPED, versionCompatible, hardware, workspaceBytes(), effort);
  }

  private OptionalLong workspaceBytes() {
    if (workspace == null) {
      return OptionalLong.empty();
    }
    Matcher size = SIZE.matcher(workspace.strip());
    if (!size.matches()) {
      throw new UsageException("--workspace is " + workspace + "; give a size such as 2GiB.");
    }
    long unit = 1L << 10 * " KMG".indexOf((size.group(2) + " ").toUpperCase(Locale.ROOT).charAt(0));
    return OptionalLong.of(Long.parseLong(size.group(1)) * unit);
  }

  Optional<Path> tensorRt() {
    return Optional.ofNullable(tensorRt);
  }

  Optional<Path> plugins() {
    return Optional.ofNullable(plugins);
  }

  EngineCache cache() {
    return cacheFolder == null ? EngineCache.ofUser() : EngineCache.in(cacheFolder);
  }
}
