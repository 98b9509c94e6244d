package org.viditq.cli.demo;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.viditq.cli.console.Console;
import org.viditq.cli.console.TextTable;
import org.viditq.cli.picture.Motion;
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
  DemoReport {
    prompts = List.copyOf(prompts);
    outcomes = List.copyOf(outcomes);
  }

  /** The table that the command prints. */
  List<String> table() {
    List<String> columns =
        columns(
            List.of("plan", ">weights", ">smaller by"),
            List.of(">quantized layers by"),
            List.of(">PSNR", ">SSIM"),
            List.of(">flicker", ">warping"),
            List.of(">per " + settings.thing()),
            List.of(">published PSNR", ">SSIM"));
    TextTable table = new TextTable(columns.toArray(String[]::new));
    for (Outcome outcome : outcomes) {
      List<String> row =
          columns(
              List.of(outcome.title(), outcome.weights(), outcome.smallerBy()),
              List.of(outcome.layersSmallerBy()),
              List.of(outcome.psnr(), outcome.ssim()),
              List.of(outcome.flicker(), outcome.warping()),
              List.of(outcome.seconds()),
              List.of(outcome.publishedPsnr(), outcome.publishedSsim()));
      table.row(row.toArray(String[]::new));
    }
    return table.lines();
  }

  /** Columns for pictures or for clips, of which each have some that the others have not. */
  private <T> List<T> columns(
      List<T> size,
      List<T> layersOfPictures,
      List<T> scores,
      List<T> motionOfClips,
      List<T> time,
      List<T> publishedOfPictures) {
    List<T> columns = new ArrayList<>(size);
    columns.addAll(settings.video() ? List.of() : layersOfPictures);
    columns.addAll(scores);
    columns.addAll(settings.video() ? motionOfClips : List.of());
    columns.addAll(time);
    columns.addAll(settings.video() ? List.of() : publishedOfPictures);
    return columns;
  }

  List<String> findings() {
    return settings.video()
        ? List.of(
            Motion.MEANING,
            "Weights are the bytes of the whole transformer as stored; a plan with two timestep"
                + " ranges holds two sets of codes, of which one is in use at a time.")
        : Findings.of(outcomes, settings.backend());
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

  private List<String> lead() {
    return settings.video()
        ? List.of(
            "An STDiT in the layout of Open-Sora 1.0 (text to 8 frames of 64×64 pixels), quantized"
                + " after training with plans of ViDiT‑Q. Every plan got the same prompts and"
                + " seeds; PSNR and SSIM compare its frames with the full-precision ones.")
        : List.of(
            "A PixArt-α pipeline (text to 64×64 picture), its transformer quantized after training"
                + " with plans of ViDiT‑Q. Every plan got the same prompts and seeds; PSNR and"
                + " SSIM compare its pictures with the full-precision ones.",
            aboutVariant());
  }

  ComparisonReport page() {
    ComparisonReport page =
        new ComparisonReport(
            "One "
                + (settings.video() ? "video " : "")
                + "diffusion transformer, quantized "
                + (outcomes.size() - 1)
                + " ways",
            lead(),
            columns(
                List.of("Weights", "Smaller by"),
                List.of("Quantized layers by"),
                List.of("PSNR", "SSIM"),
                List.of("Flicker", "Warping error"),
                List.of("Per " + settings.thing()),
                List.of("Published layers")),
            outcomes.stream().map(this::variant).toList(),
            IntStream.range(0, prompts.size()).mapToObj(this::scene).toList(),
            findings(),
            settings.facts());
    return settings.caches().isEmpty()
        ? page
        : page.withFrontier(FrontierPlot.svg(points(), settings.thing()));
  }

  private Variant variant(Outcome outcome) {
    OptionalDouble psnr =
        outcome.scores().isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(outcome.meanPsnr());
    return new Variant(
        outcome.title(),
        outcome.description(),
        columns(
            List.of(Cell.of(outcome.weights()), Cell.of(outcome.smallerBy())),
            List.of(Cell.of(outcome.layersSmallerBy())),
            List.of(Cell.ofPsnr(outcome.psnr(), psnr, ""), Cell.of(outcome.ssim())),
            List.of(Cell.of(outcome.flicker()), Cell.of(outcome.warping())),
            List.of(Cell.of(outcome.seconds())),
            List.of(Cell.of(outcome.publishedFigures()))));
  }

  private Scene scene(int prompt) {
    List<Picture> pictures = new ArrayList<>();
    for (Outcome outcome : outcomes) {
      byte[] file = outcome.pictures().get(prompt);
      String caption = outcome.caption(prompt);
      pictures.add(
          settings.video()
              ? Picture.gif(outcome.title(), file, caption)
              : Picture.png(outcome.title(), file, caption));
    }
    EvaluationPrompt of = prompts.get(prompt);
    return new Scene(of.prompt(), "seed " + of.seed(), pictures);
  }

  private List<FrontierPlot.Point> points() {
    return outcomes.stream()
        .filter(outcome -> outcome.scores().isPresent())
        .map(
            outcome ->
                new FrontierPlot.Point(
                    outcome.title(), outcome.secondsPerPicture(), outcome.meanPsnr()))
        .toList();
  }

  ObjectNode json() {
    ObjectNode root = Console.object();
    root.put("model", settings.variant());
    root.put("steps", settings.steps());
    root.put("guidance", settings.guidance());
    root.put("backend", settings.backend());
    root.put("threads", settings.threads());
    ArrayNode things = root.putArray(settings.thing() + "s");
    for (EvaluationPrompt prompt : prompts) {
      things.addObject().put("prompt", prompt.prompt()).put("seed", prompt.seed());
    }
    ArrayNode plans = root.putArray("plans");
    for (Outcome outcome : outcomes) {
      ObjectNode node = plans.addObject();
      node.put("plan", outcome.plan());
      node.put("title", outcome.title());
      StoredSizeJson.put(outcome.size(), node);
      node.put(
          settings.video() ? "secondsPerClip" : "secondsPerPicture", outcome.secondsPerPicture());
      outcome.motion().ifPresent(motion -> motion.putInto(node));
      outcome.scores().ifPresent(scores -> scores.putInto(node));
      outcome
          .published()
          .ifPresent(f -> node.putObject("published").put("psnr", f.psnr()).put("ssim", f.ssim()));
    }
    if (!settings.video()) {
      ArrayNode sentences = root.putArray("findings");
      findings().forEach(sentences::add);
    }
    return root;
  }
}
