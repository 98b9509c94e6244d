package org.viditq.cli.inspect;

import java.nio.file.Path;
import java.util.Optional;
import org.viditq.cli.option.BackendOptions;
import org.viditq.cli.option.ForceOption;
import org.viditq.cli.option.LimitOption;
import org.viditq.cli.option.PromptOptions;
import org.viditq.cli.option.SamplingOptions;
import org.viditq.cli.option.SeedOptions;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.UsageException;
import org.viditq.core.quant.IntegerFormat;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What {@code --activations} looks at. */
final class ActivationOptions {
  @Option(
      names = "--activations",
      description =
          "Sample prompts with the pipeline in PATH, and show how the inputs of its linear layers"
              + " vary across tokens, guidance branches, timesteps and channels, and where a static"
              + " scale per tensor loses most. All options below go with it.")
  boolean wanted;

  @Option(
      names = "--transformer",
      paramLabel = "DIR|FILE",
      description =
          "Take the transformer of this folder or file (safetensors, .pth, .pt, .bin) instead of the"
              + " pipeline's own.")
  private Path transformer;

  @Mixin PromptOptions prompts;
  @Mixin LimitOption limit;
  @Mixin SeedOptions seeds;
  @Mixin SamplingOptions sampling;

  @Option(
      names = "--every",
      paramLabel = "N",
      defaultValue = "2",
      description =
          "Look at every N-th sampling step, the first included. Default: ${DEFAULT-VALUE}.")
  private int every;

  @Option(
      names = "--bits",
      paramLabel = "N",
      defaultValue = "8",
      description =
          "Width of the codes whose errors are estimated, 2 to 8. Default: ${DEFAULT-VALUE}.")
  private int bits;

  @Option(
      names = "--layers",
      paramLabel = "N",
      defaultValue = "8",
      description =
          "Plot the N layers that lose most, and the one of each type that does. Default:"
              + " ${DEFAULT-VALUE}.")
  private int layers;

  @Mixin BackendOptions backend;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "Write a report with plots there: activations.html, activations.json, and each plot as PNG"
              + " and SVG. Default: print figures only.")
  private Path out;

  @Mixin ForceOption force;

  /**
   * @throws UsageException if a number is out of range
   */
  void check() {
    require("--every", every, 1, Integer.MAX_VALUE);
    require("--bits", bits, 2, 8);
    require("--layers", layers, 0, 1000);
  }

  private static void require(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw new UsageException(
          option
              + " is "
              + value
              + ", but must "
              + (most == Integer.MAX_VALUE
                  ? "be at least " + least
                  : "lie between " + least + " and " + most)
              + ".");
    }
  }

  PipelineFolder open(Path path) {
    PipelineFolder folder = PipelineFolder.open(path);
    return transformer == null ? folder : folder.withTransformer(transformer);
  }

  /** The model, for reports. */
  String describe(Path path) {
    return path + (transformer == null ? "" : " with " + transformer);
  }

  int every() {
    return every;
  }

  IntegerFormat format() {
    return IntegerFormat.asymmetric(bits);
  }

  int layers() {
    return layers;
  }

  Optional<Path> out() {
    return Optional.ofNullable(out);
  }
}
