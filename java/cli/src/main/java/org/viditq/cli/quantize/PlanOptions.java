package org.viditq.cli.quantize;

import java.nio.file.Path;
import java.util.Optional;
import org.viditq.core.error.UsageException;
import org.viditq.quantize.plan.BuiltInPlans;
import org.viditq.quantize.plan.PlanReader;
import org.viditq.quantize.plan.QuantizationPlan;
import picocli.CommandLine.Option;

/** The mixed-precision maps that published plans keep in files of their own. */
final class PlanOptions {
  @Option(
      names = "--weight-bits",
      paramLabel = "FILE",
      description =
          "Mixed-precision map of the weights, for a published plan: bits by sampling steps and"
              + " layer.")
  private Path weightBits;

  @Option(
      names = "--activation-bits",
      paramLabel = "FILE",
      description = "Mixed-precision map of the activations, as --weight-bits.")
  private Path activationBits;

  /** Whether there is any map. */
  boolean given() {
    return weightBits != null || activationBits != null;
  }

  /**
   * Reads {@code plan}, a built-in name or a YAML file, with these maps.
   *
   * @throws UsageException if there is a map but the plan is no file
   */
  QuantizationPlan read(String plan) {
    if (!given()) {
      return BuiltInPlans.find(plan);
    }
    if (BuiltInPlans.names().contains(plan)) {
      throw new UsageException(
          "--weight-bits and --activation-bits go with a published plan file, not with the built-in"
              + " plan "
              + plan
              + ".");
    }
    return new PlanReader()
        .read(Path.of(plan), Optional.ofNullable(weightBits), Optional.ofNullable(activationBits));
  }
}
