package org.viditq.cli.demo;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Function;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.TextTable;
import org.viditq.cli.quantize.StoredSizeJson;
import org.viditq.cli.report.ComparisonReport;
import org.viditq.cli.report.ComparisonReport.Cell;
import org.viditq.cli.report.ComparisonReport.Picture;
import org.viditq.cli.report.ComparisonReport.Scene;
import org.viditq.cli.report.ComparisonReport.Variant;
import org.viditq.cli.report.FrontierPlot;

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
            ">quantized layers by",
            ">PSNR",
            ">SSIM",
            ">per picture",
            ">published PSNR",
            ">SSIM");
    for (Outcome outcome : outcomes) {
      table.row(
          outcome.title(),
          Quantities.bytes(outcome.size().quantized()),
          quantized(outcome, o -> Quantities.times(o.size().ratio())),
          quantized(outcome, o -> Quantities.times(o.size().layerRatio())),
          meanPsnr(outcome),
          meanSsim(outcome),
          Quantities.seconds(outcome.secondsPerPicture()),
          outcome.published().map(f -> Quantities.decibel(f.psnr())).orElse(NOTHING),
          outcome.published().map(f -> Quantities.similarity(f.ssim())).orElse(NOTHING));
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
            + " that 6 of the 192 channels of every layer input are 32 times larger. Large"
            + " diffusion transformers have such channels by themselves, a model as small as this"
            + " one has not: here naive quantization breaks as it does there, and channel"
            + " balancing shows what it is for. Run the demo with --plain for the model as it was"
            + " trained."
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
        int picture = i;
        String caption =
            outcome
                .scores()
                .map(scores -> scores.pictures().get(picture))
                .map(c -> Quantities.decibel(c.psnr()) + ", " + Quantities.similarity(c.ssim()))
                .orElse("reference");
        pictures.add(Picture.png(outcome.title(), outcome.pictures().get(i), caption));
      }
      scenes.add(new Scene(prompts.get(i).prompt(), "seed " + prompts.get(i).seed(), pictures));
    }
    ComparisonReport page =
        new ComparisonReport(
            "One diffusion transformer, quantized " + (outcomes.size() - 1) + " ways",
            List.of(
                "A PixArt-α pipeline (text to 64×64 picture), its transformer quantized after"
                    + " training with plans of ViDiT‑Q. Every plan got the same prompts and seeds;"
                    + " PSNR and SSIM compare its pictures with the full-precision ones.",
                aboutVariant()),
            List.of(
                "Weights",
                "Smaller by",
                "Quantized layers by",
                "PSNR",
                "SSIM",
                "Per picture",
                "Published layers"),
            variants,
            scenes,
            findings(),
            settings.facts());
    return settings.caches().isEmpty()
        ? page
        : page.withFrontier(FrontierPlot.svg(points(), "picture"));
  }

  private List<FrontierPlot.Point> points() {
    return outcomes.stream()
        .filter(outcome -> outcome.scores().isPresent())
        .map(
            outcome ->
                new FrontierPlot.Point(
                    outcome.title(),
                    outcome.secondsPerPicture(),
                    outcome.scores().get().meanPsnr()))
        .toList();
  }

  private Variant variant(Outcome outcome) {
    OptionalDouble bar =
        outcome.scores().isEmpty()
            ? OptionalDouble.empty()
            : OptionalDouble.of(outcome.meanPsnr() / FULL_BAR_DECIBEL);
    return new Variant(
        outcome.title(),
        outcome.description(),
        List.of(
            Cell.of(Quantities.bytes(outcome.size().quantized())),
            Cell.of(quantized(outcome, o -> Quantities.times(o.size().ratio()))),
            Cell.of(quantized(outcome, o -> Quantities.times(o.size().layerRatio()))),
            new Cell(meanPsnr(outcome), bar),
            Cell.of(meanSsim(outcome)),
            Cell.of(Quantities.seconds(outcome.secondsPerPicture())),
            Cell.of(
                outcome
                    .published()
                    .map(
                        f -> Quantities.decibel(f.psnr()) + " / " + Quantities.similarity(f.ssim()))
                    .orElse(NOTHING))));
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
      StoredSizeJson.put(outcome.size(), node);
      node.put("secondsPerPicture", outcome.secondsPerPicture());
      outcome.scores().ifPresent(scores -> scores.putInto(node));
      outcome
          .published()
          .ifPresent(f -> node.putObject("published").put("psnr", f.psnr()).put("ssim", f.ssim()));
    }
    ArrayNode sentences = root.putArray("findings");
    findings().forEach(sentences::add);
    return root;
  }

  private static String meanPsnr(Outcome outcome) {
    return outcome.scores().map(s -> Quantities.decibel(s.meanPsnr())).orElse(NOTHING);
  }

  private static String meanSsim(Outcome outcome) {
    return outcome.scores().map(s -> Quantities.similarity(s.meanSsim())).orElse(NOTHING);
  }

  /** What {@code text} says of a quantized outcome; nothing for full precision. */
  private static String quantized(Outcome outcome, Function<Outcome, String> text) {
    return outcome.scores().isEmpty() ? NOTHING : text.apply(outcome);
  }
}
