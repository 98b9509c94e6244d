package org.viditq.cli.option;

import java.util.Optional;
import org.viditq.core.checkpoint.CheckpointChoice;
import picocli.CommandLine.Option;

/** Which weights, where files hold several. */
public final class WeightsOptions {
  @Option(
      names = "--variant",
      paramLabel = "WORD",
      description =
          "Take the weights with this word in their file names, such as fp16 or bf16. Default: those"
              + " without one.")
  private String variant;

  @Option(
      names = "--weights-key",
      paramLabel = "KEY",
      description =
          "Entry of a PyTorch file that holds the weights, such as state_dict_ema. Default: the one"
              + " that is found, averaged weights before others.")
  private String key;

  /** What was asked for. */
  public CheckpointChoice choice() {
    return new CheckpointChoice(Optional.ofNullable(variant), Optional.ofNullable(key));
  }
}
