package org.viditq.cli.demo;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.TextTable;
import org.viditq.cli.report.ComparisonReport;
import org.viditq.cli.report.ComparisonReport.Picture;
import org.viditq.cli.report.ComparisonReport.Scene;
import org.viditq.cli.report.ComparisonReport.Variant;

/**
 * The demo's outcomes as table, page and JSON.
 *
 * @param prompts of the pictures, in order
 * @param outcomes full precision first
 */
record DemoReport(DemoSettings settings, List<EvaluationPrompt> prompts, List<Outcome> outcomes) {
  private static final String NOTHING = "–";

  /** Bars of the report are full at this PSNR: at 8 bits pictures can hardly be told apart. */
  private static final double FULL_BAR_DECIBEL = 50;

  DemoReport {
    prompts = List.copyOf(prompts);
    outcomes = List.copyOf(outcomes);
  }

  /** The table that the command prints. */
  List<String> table() {
    TextTable table =
        new TextTable(
            "plan",
            ">weights",
            ">smaller by",
            ">PSNR",
            ">SSIM",
            ">per picture",
            ">published PSNR",
            ">SSIM");
    for (Outcome outcome : outcomes) {
      table.row(
          outcome.title(),
          Quantities.bytes(outcome.weightBytes()),
          ratio(outcome),
          outcome.isFullPrecision() ? NOTHING : decibel(outcome.meanPsnr()),
          outcome.isFullPrecision() ? NOTHING : similarity(outcome.meanSsim()),
          Quantities.seconds(outcome.secondsPerPicture()),
          outcome.published().map(figure -> decibel(figure.psnr())).orElse(NOTHING),
          outcome.published().map(figure -> similarity(figure.ssim())).orElse(NOTHING));
    }
    return table.lines();
  }

  List<String> findings() {
    return Findings.of(outcomes, settings.backend());
  }

  /** What the outlier variant is, or why the plain one was taken. */
  String aboutVariant() {
    return settings.outlier()
        ? "The transformer is the outlier variant of the sample: the same function, rewritten so"
            + " that 6 of the 192 channels of every layer input are 32 times larger. Large diffusion"
            + " transformers have such channels by themselves, a model as small as this one has not:"
            + " here naive quantization breaks as it does there, and channel balancing shows what it"
            + " is for. Run the demo with --plain for the model as it was trained."
        : "The transformer is the sample as it was trained. So small a model has no outlier"
            + " channels and is robust: the plans rank alike, but the gaps are small. Without"
            + " --plain the demo takes the outlier variant, which behaves as large models do.";
  }

  ComparisonReport page() {
    List<Variant> variants = outcomes.stream().map(this::variant).toList();
    List<Scene> scenes = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      List<Picture> pictures = new ArrayList<>();
      for (Outcome outcome : outcomes) {
        pictures.add(
            new Picture(
                outcome.title(),
                outcome.pictures().get(i),
                outcome.isFullPrecision()
                    ? "reference"
                    : decibel(outcome.psnr()[i]) + ", " + similarity(outcome.ssim()[i])));
      }
      scenes.add(new Scene(prompts.get(i).prompt(), "seed " + prompts.get(i).seed(), pictures));
    }
    return new ComparisonReport(
        "One diffusion transformer, quantized " + (outcomes.size() - 1) + " ways",
        List.of(
            "A PixArt-α pipeline (text to 64×64 picture), its transformer quantized after training"
                + " with plans of ViDiT‑Q. Every plan got the same prompts and seeds; PSNR and SSIM"
                + " compare its pictures with the full-precision ones.",
            aboutVariant()),
        variants,
        scenes,
        findings(),
        settings.facts());
  }

  private Variant variant(Outcome outcome) {
    return new Variant(
        outcome.title(),
        outcome.description(),
        Quantities.bytes(outcome.weightBytes()),
        ratio(outcome),
        outcome.isFullPrecision() ? NOTHING : decibel(outcome.meanPsnr()),
        outcome.isFullPrecision()
            ? OptionalDouble.empty()
            : OptionalDouble.of(outcome.meanPsnr() / FULL_BAR_DECIBEL),
        outcome.isFullPrecision() ? NOTHING : similarity(outcome.meanSsim()),
        Quantities.seconds(outcome.secondsPerPicture()),
        outcome
            .published()
            .map(figure -> decibel(figure.psnr()) + " / " + similarity(figure.ssim()))
            .orElse(NOTHING));
  }

  ObjectNode json() {
    ObjectNode root = Console.object();
    root.put("model", settings.variant());
    root.put("steps", settings.steps());
    root.put("guidance", settings.guidance());
    root.put("backend", settings.backend());
    root.put("threads", settings.threads());
    ArrayNode pictures = root.putArray("pictures");
    for (EvaluationPrompt prompt : prompts) {
      pictures.addObject().put("prompt", prompt.prompt()).put("seed", prompt.seed());
    }
    ArrayNode plans = root.putArray("plans");
    for (Outcome outcome : outcomes) {
      ObjectNode node = plans.addObject();
      node.put("plan", outcome.plan());
      node.put("title", outcome.title());
      node.put("weightBytes", outcome.weightBytes());
      node.put("ratio", reference().weightBytes() / (double) outcome.weightBytes());
      node.put("secondsPerPicture", outcome.secondsPerPicture());
      if (!outcome.isFullPrecision()) {
        putFigures(node, outcome);
      }
    }
    ArrayNode sentences = root.putArray("findings");
    findings().forEach(sentences::add);
    return root;
  }

  private static void putFigures(ObjectNode node, Outcome outcome) {
    // JSON has no infinity: identical pictures have a PSNR of null.
    node.put("psnr", finiteOrNull(outcome.meanPsnr()));
    node.put("ssim", outcome.meanSsim());
    ArrayNode psnr = node.putArray("psnrPerPicture");
    for (double value : outcome.psnr()) {
      psnr.add(finiteOrNull(value));
    }
    ArrayNode ssim = node.putArray("ssimPerPicture");
    for (double value : outcome.ssim()) {
      ssim.add(value);
    }
    outcome
        .published()
        .ifPresent(
            figure ->
                node.putObject("published").put("psnr", figure.psnr()).put("ssim", figure.ssim()));
  }

  private static Double finiteOrNull(double value) {
    return Double.isFinite(value) ? value : null;
  }

  private Outcome reference() {
    return outcomes.get(0);
  }

  private String ratio(Outcome outcome) {
    return outcome.isFullPrecision()
        ? NOTHING
        : String.format(
            Locale.ROOT, "%.2f×", reference().weightBytes() / (double) outcome.weightBytes());
  }

  private static String decibel(double value) {
    return Double.isInfinite(value) ? "identical" : String.format(Locale.ROOT, "%.1f dB", value);
  }

  private static String similarity(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }
}
