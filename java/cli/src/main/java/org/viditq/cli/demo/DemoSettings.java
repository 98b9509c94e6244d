package org.viditq.cli.demo;

import java.util.List;
import org.viditq.cli.report.ComparisonReport.Fact;
import org.viditq.cli.report.Machine;

/**
 * What the demo was run with, for its report.
 *
 * @param variant of the sample's transformer: pixart-mini or pixart-mini-outlier
 * @param backend that computed
 * @param precision of its full-precision layers
 * @param caches step cachings that plans are shown with as well, as {@code --cache} takes them
 */
record DemoSettings(
    String variant,
    int steps,
    double guidance,
    int calibrationPrompts,
    String backend,
    String precision,
    int threads,
    String version,
    List<String> caches) {
  static final String OUTLIER = "pixart-mini-outlier";
  static final String PLAIN = "pixart-mini";
  static final String VIDEO = "stdit-mini";

  boolean video() {
    return variant.equals(VIDEO);
  }

  boolean outlier() {
    return variant.equals(OUTLIER);
  }

  /** What is compared. */
  String thing() {
    return video() ? "clip" : "picture";
  }

  List<DemoPlan> plans() {
    return video() ? DemoPlan.OF_CLIPS : DemoPlan.OF_PICTURES;
  }

  List<Fact> facts() {
    return List.of(
        new Fact("Model", variant + ", text encoder, tokenizer and autoencoder of pixart-mini"),
        new Fact(
            "Sampling",
            steps
                + " steps of DPM-Solver++ (2M), guidance "
                + guidance
                + (video() ? ", 8 frames of 64×64 pixels" : ", 64×64 pixels")),
        new Fact(
            "Calibration",
            calibrationPrompts
                + " prompts of calib_prompts.txt in one batch, seeds 0 to "
                + (calibrationPrompts - 1)
                + ", every second step"),
        new Fact(
            "Compared",
            "8-bit pictures; PSNR over all pixels and channels, SSIM with the 11×11 Gaussian"
                + " window; means over the prompts"),
        new Fact(
            "Backend",
            backend + ", " + precision + ", " + threads + (threads == 1 ? " thread" : " threads")),
        new Fact("Processor", Machine.processor()),
        new Fact("System", Machine.system()),
        new Fact("Version", "viditq " + version));
  }
}
