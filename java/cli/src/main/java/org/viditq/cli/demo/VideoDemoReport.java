package org.viditq.cli.demo;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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
 * The video demo's outcomes as table, page and JSON.
 *
 * @param prompts of the clips, in order
 * @param firstSeed of the first clip; the others follow
 * @param outcomes full precision first
 */
record VideoDemoReport(
    DemoSettings settings, List<String> prompts, long firstSeed, List<VideoOutcome> outcomes) {
  private static final String NOTHING = "–";

  /** Bars of the report are full at this PSNR: at 8 bits pictures can hardly be told apart. */
  private static final double FULL_BAR_DECIBEL = 50;

  VideoDemoReport {
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
            ">flicker",
            ">warping",
            ">per clip");
    for (VideoOutcome outcome : outcomes) {
      table.row(
          outcome.title(),
          Quantities.bytes(outcome.size().quantized()),
          quantized(outcome, o -> Quantities.times(o.size().ratio())),
          quantized(outcome, o -> Quantities.decibel(o.scores().orElseThrow().meanPsnr())),
          quantized(outcome, o -> Quantities.similarity(o.scores().orElseThrow().meanSsim())),
          flicker(outcome),
          warping(outcome),
          Quantities.seconds(outcome.secondsPerClip()));
    }
    return table.lines();
  }

  List<String> findings() {
    return List.of(
        "Flicker is the mean absolute difference of consecutive frames in hundredths of the value"
            + " range, motion included; warping error is the mean squared difference in thousandths"
            + " once the motion of the full-precision clip is taken out. What a plan adds to full"
            + " precision's is its own.",
        "Weights are the bytes of the whole transformer as stored; a plan with two timestep ranges"
            + " holds two sets of codes, of which one is in use at a time.");
  }

  ComparisonReport page() {
    List<Variant> variants = outcomes.stream().map(this::variant).toList();
    List<Scene> scenes = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      List<Picture> pictures = new ArrayList<>();
      for (VideoOutcome outcome : outcomes) {
        int clip = i;
        String caption =
            outcome
                .scores()
                .map(scores -> scores.pictures().get(clip))
                .map(c -> Quantities.decibel(c.psnr()) + ", " + Quantities.similarity(c.ssim()))
                .orElse("reference");
        pictures.add(Picture.gif(outcome.title(), outcome.clips().get(i), caption));
      }
      scenes.add(new Scene(prompts.get(i), "seed " + (firstSeed + i), pictures));
    }
    ComparisonReport page =
        new ComparisonReport(
            "One video diffusion transformer, quantized " + (outcomes.size() - 1) + " ways",
            List.of(
                "An STDiT in the layout of Open-Sora 1.0 (text to 8 frames of 64×64 pixels),"
                    + " quantized after training with plans of ViDiT‑Q. Every plan got the same"
                    + " prompts and seeds; PSNR and SSIM compare its frames with the full-precision"
                    + " ones."),
            List.of(
                "Weights", "Smaller by", "PSNR", "SSIM", "Flicker", "Warping error", "Per clip"),
            variants,
            scenes,
            findings(),
            settings.facts());
    return settings.caches().isEmpty()
        ? page
        : page.withFrontier(FrontierPlot.svg(points(), "clip"));
  }

  private List<FrontierPlot.Point> points() {
    return outcomes.stream()
        .filter(outcome -> outcome.scores().isPresent())
        .map(
            outcome ->
                new FrontierPlot.Point(
                    outcome.title(), outcome.secondsPerClip(), outcome.scores().get().meanPsnr()))
        .toList();
  }

  private Variant variant(VideoOutcome outcome) {
    OptionalDouble bar =
        outcome
            .scores()
            .map(scores -> OptionalDouble.of(scores.meanPsnr() / FULL_BAR_DECIBEL))
            .orElse(OptionalDouble.empty());
    return new Variant(
        outcome.title(),
        outcome.description(),
        List.of(
            Cell.of(Quantities.bytes(outcome.size().quantized())),
            Cell.of(quantized(outcome, o -> Quantities.times(o.size().ratio()))),
            new Cell(
                quantized(outcome, o -> Quantities.decibel(o.scores().orElseThrow().meanPsnr())),
                bar),
            Cell.of(
                quantized(
                    outcome, o -> Quantities.similarity(o.scores().orElseThrow().meanSsim()))),
            Cell.of(flicker(outcome)),
            Cell.of(warping(outcome)),
            Cell.of(Quantities.seconds(outcome.secondsPerClip()))));
  }

  ObjectNode json() {
    ObjectNode root = Console.object();
    root.put("model", settings.variant());
    root.put("steps", settings.steps());
    root.put("guidance", settings.guidance());
    root.put("backend", settings.backend());
    root.put("threads", settings.threads());
    ArrayNode clips = root.putArray("clips");
    for (int i = 0; i < prompts.size(); i++) {
      clips.addObject().put("prompt", prompts.get(i)).put("seed", firstSeed + i);
    }
    ArrayNode plans = root.putArray("plans");
    for (VideoOutcome outcome : outcomes) {
      ObjectNode node = plans.addObject();
      node.put("plan", outcome.plan());
      node.put("title", outcome.title());
      StoredSizeJson.put(outcome.size(), node);
      node.put("secondsPerClip", outcome.secondsPerClip());
      node.put("flicker", outcome.motion().flicker());
      node.put("warpingError", outcome.motion().warpingError());
      outcome.scores().ifPresent(scores -> scores.putInto(node));
    }
    return root;
  }

  private static String flicker(VideoOutcome outcome) {
    return String.format(Locale.ROOT, "%.2f", 100 * outcome.motion().flicker());
  }

  private static String warping(VideoOutcome outcome) {
    return String.format(Locale.ROOT, "%.3f", 1000 * outcome.motion().warpingError());
  }

  /** What {@code text} says of a quantized outcome; nothing for full precision. */
  private static String quantized(VideoOutcome outcome, Function<VideoOutcome, String> text) {
    return outcome.scores().isEmpty() ? NOTHING : text.apply(outcome);
  }
}
