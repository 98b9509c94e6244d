package org.viditq.cli.evaluate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.console.TextTable;
import org.viditq.cli.picture.Motion;
import org.viditq.cli.picture.Spread;
import org.viditq.cli.quantize.StoredSizeJson;
import org.viditq.cli.report.ComparisonReport;
import org.viditq.cli.report.ComparisonReport.Cell;
import org.viditq.cli.report.ComparisonReport.Difference;
import org.viditq.cli.report.ComparisonReport.Fact;
import org.viditq.cli.report.ComparisonReport.Picture;
import org.viditq.cli.report.ComparisonReport.Scene;
import org.viditq.cli.report.ComparisonReport.Variant;
import org.viditq.cli.report.FrontierPlot;
import org.viditq.cli.report.Grid;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.cache.StepCaching;

/**
 * An evaluation as table, page and JSON.
 *
 * @param model as the user names it
 * @param prompts in order
 * @param request their seeds, and how they were sampled
 * @param plans full precision first
 * @param reasons why figures are as they are
 * @param metrics that were asked for beside PSNR and SSIM
 * @param frechet distances of sets, where a network of features was given
 * @param maps of sensitivities and of the plans' bit widths
 * @param facts settings and machine
 */
record EvaluationReport(
    String model,
    List<String> prompts,
    GenerationRequest request,
    List<EvaluatedPlan> plans,
    Reasons reasons,
    Optional<MetricTable> metrics,
    Optional<FrechetTable> frechet,
    List<Grid> maps,
    List<Fact> facts) {
  private static final String NOTHING = "–";

  EvaluationReport {
    prompts = List.copyOf(prompts);
    plans = List.copyOf(plans);
    maps = List.copyOf(maps);
    facts = List.copyOf(facts);
  }

  private boolean isVideo() {
    return request.frames() > 1;
  }

  private String thing() {
    return isVideo() ? "clip" : "picture";
  }

  /** The table that the command prints. */
  List<String> table() {
    List<String> columns =
        new ArrayList<>(
            List.of(
                "plan",
                ">weights",
                ">smaller by",
                ">quantized layers by",
                ">PSNR",
                ">SSIM",
                ">per " + thing(),
                ">peak memory"));
    if (isVideo()) {
      columns.addAll(6, List.of(">flicker", ">warping"));
    }
    if (isCached()) {
      columns.addAll(List.of(">skipped", ">faster by"));
    }
    TextTable table = new TextTable(columns.toArray(String[]::new));
    for (EvaluatedPlan plan : plans) {
      List<String> row =
          new ArrayList<>(
              List.of(
                  plan.name(),
                  Quantities.bytes(plan.size().quantized()),
                  quantized(plan, p -> Quantities.times(p.size().ratio())),
                  quantized(plan, p -> Quantities.times(p.size().layerRatio())),
                  scored(plan, p -> decibel(p.psnr())),
                  scored(plan, p -> similarity(p.ssim())),
                  Quantities.seconds(plan.secondsPerPicture()),
                  peak(plan)));
      if (isVideo()) {
        row.addAll(6, List.of(flicker(plan), warping(plan)));
      }
      if (isCached()) {
        row.addAll(List.of(skipped(plan), cached(plan, p -> Quantities.times(gain(p)))));
      }
      table.row(row.toArray(String[]::new));
    }
    return table.lines();
  }

  /**
   * The page.
   *
   * @param address of a picture, from its name in the folder: the name itself, or the file as data
   */
  ComparisonReport page(Function<String, String> address) {
    List<String> columns =
        new ArrayList<>(
            List.of(
                "Weights",
                "Smaller by",
                "Quantized layers by",
                "PSNR",
                "SSIM",
                "Per " + thing(),
                "Peak memory"));
    if (isVideo()) {
      columns.addAll(5, List.of("Flicker", "Warping error"));
    }
    metrics.ifPresent(table -> columns.addAll(table.columns()));
    frechet.ifPresent(table -> columns.add(table.column()));
    List<String> findings = new ArrayList<>(reasons.sentences());
    if (isVideo()) {
      findings.add(Motion.MEANING);
    }
    ComparisonReport page =
        new ComparisonReport(
                "What quantization does to " + model,
                List.of(
                    "The same prompts and seeds in full precision and with "
                        + Quantities.of(planCount(), "plan")
                        + (isCached() ? ", each without and with step caching" : "")
                        + ". PSNR and SSIM compare with full precision: mean ± standard deviation"
                        + " over "
                        + Quantities.of(prompts.size(), thing())
                        + ", on values before they are rounded to eight bits.",
                    "Prompts are ordered by the lowest PSNR that a plan has there, worst first."
                        + " Below each "
                        + thing()
                        + " is the absolute difference from full precision, multiplied as its"
                        + " caption says. A click enlarges."),
                columns,
                plans.stream().map(this::variant).toList(),
                worstFirst().stream().map(i -> scene(i, address)).toList(),
                findings,
                facts)
            .withGrids(grids());
    return isCached() ? page.withFrontier(FrontierPlot.svg(points(), thing())) : page;
  }

  private List<FrontierPlot.Point> points() {
    return plans.stream()
        .filter(plan -> plan.scores().isPresent())
        .map(
            plan ->
                new FrontierPlot.Point(plan.name(), plan.secondsPerPicture(), plan.psnr().mean()))
        .toList();
  }

  private boolean isCached() {
    return plans.stream().anyMatch(plan -> plan.caching().isOn());
  }

  private long planCount() {
    return plans.stream().filter(plan -> plan.plan().isPresent() && !plan.caching().isOn()).count();
  }

  private List<Grid> grids() {
    List<Grid> grids = new ArrayList<>();
    metrics.ifPresent(table -> grids.addAll(table.grids()));
    frechet.ifPresent(table -> grids.add(table.grid()));
    grids.addAll(maps);
    return grids;
  }

  /** Indices of prompts. */
  private List<Integer> worstFirst() {
    return IntStream.range(0, prompts.size())
        .boxed()
        .sorted(Comparator.comparingDouble(this::lowestPsnr))
        .toList();
  }

  private double lowestPsnr(int prompt) {
    return plans.stream()
        .flatMap(plan -> plan.scores().stream())
        .mapToDouble(scores -> scores.pictures().get(prompt).psnr())
        .min()
        .orElse(0);
  }

  private Scene scene(int prompt, Function<String, String> address) {
    List<Picture> pictures = new ArrayList<>();
    for (EvaluatedPlan plan : plans) {
      EvaluatedPicture picture = plan.pictures().get(prompt);
      pictures.add(
          new Picture(
              plan.name(),
              address.apply(picture.file()),
              plan.scores()
                  .map(scores -> scores.pictures().get(prompt).caption())
                  .orElse("reference"),
              picture.difference().map(d -> new Difference(address.apply(d.file()), caption(d)))));
    }
    return new Scene(
        prompts.get(prompt),
        "prompt " + (prompt + 1) + ", seed " + request.seeds().get(prompt),
        pictures);
  }

  private static String caption(EvaluatedPicture.Difference difference) {
    return difference.largest() == 0
        ? "no difference"
        : String.format(
            Locale.ROOT, "difference × %d, at most %.3f", difference.scale(), difference.largest());
  }

  private Variant variant(EvaluatedPlan plan) {
    List<Cell> cells =
        new ArrayList<>(
            List.of(
                Cell.of(Quantities.bytes(plan.size().quantized()), reasons.ofSize(plan)),
                Cell.of(quantized(plan, p -> Quantities.times(p.size().ratio()))),
                Cell.of(quantized(plan, p -> Quantities.times(p.size().layerRatio()))),
                Cell.ofPsnr(
                    scored(plan, p -> decibel(p.psnr())),
                    plan.scores().isEmpty()
                        ? OptionalDouble.empty()
                        : OptionalDouble.of(plan.psnr().mean()),
                    reasons.ofPsnr(plan)),
                Cell.of(scored(plan, p -> similarity(p.ssim()))),
                Cell.of(Quantities.seconds(plan.secondsPerPicture()), ofTime(plan)),
                Cell.of(peak(plan))));
    if (isVideo()) {
      cells.addAll(5, List.of(Cell.of(flicker(plan)), Cell.of(warping(plan))));
    }
    metrics.ifPresent(table -> table.cells(plan.name()).forEach(text -> cells.add(Cell.of(text))));
    frechet.ifPresent(table -> cells.add(Cell.of(table.cell(plan.name()))));
    return new Variant(plan.name(), description(plan), cells);
  }

  private static String description(EvaluatedPlan plan) {
    return plan.caching().isOn()
        ? "As above, with steps that take from earlier ones what " + plan.caching() + " lets them."
        : plan.plan().map(p -> p.description()).orElse("The original, as it is stored.");
  }

  /** Puts the figures of the plans into the command's JSON. */
  void putInto(ObjectNode root) {
    ArrayNode array = root.putArray("plans");
    for (EvaluatedPlan plan : plans) {
      if (plan.scores().isPresent()) {
        ObjectNode node = array.addObject();
        node.put("plan", PlanScore.name(plan.plan(), StepCaching.NONE));
        if (plan.caching().isOn()) {
          node.put("cache", plan.caching().toString());
          node.put("evaluations", plan.evaluations().asked());
          node.put("evaluationsSkipped", plan.evaluations().skipped());
          node.put("timesAsFast", gain(plan));
        }
        StoredSizeJson.put(plan.size(), node);
        plan.scores().orElseThrow().putInto(node);
        node.put("psnrDeviation", plan.psnr().deviation());
        node.put("psnrLowest", finite(plan.psnr().lowest()));
        node.put("ssimDeviation", plan.ssim().deviation());
        node.put("identicalPictures", plan.psnr().infinite());
        putCosts(plan, node);
      } else {
        putCosts(plan, root.putObject("fullPrecision"));
      }
    }
    metrics.ifPresent(table -> table.putInto(root));
    frechet.ifPresent(table -> table.putInto(root));
    ArrayNode sentences = root.putArray("findings");
    reasons.sentences().forEach(sentences::add);
  }

  private static Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }

  private static void putCosts(EvaluatedPlan plan, ObjectNode node) {
    node.put("secondsPerPicture", plan.secondsPerPicture());
    plan.peakBytes().ifPresent(bytes -> node.put("peakBytes", bytes));
    plan.motion().ifPresent(motion -> motion.putInto(node));
  }

  private static String decibel(Spread psnr) {
    return psnr.deviation() == 0
        ? Quantities.decibel(psnr.mean())
        : String.format(Locale.ROOT, "%.1f ± %.1f dB", psnr.mean(), psnr.deviation());
  }

  private static String similarity(Spread ssim) {
    return ssim.deviation() == 0
        ? Quantities.similarity(ssim.mean())
        : String.format(Locale.ROOT, "%.3f ± %.3f", ssim.mean(), ssim.deviation());
  }

  private static String peak(EvaluatedPlan plan) {
    return plan.peakBytes().isPresent() ? Quantities.bytes(plan.peakBytes().getAsLong()) : NOTHING;
  }

  /** Evaluations that took everything from earlier ones. */
  private static String skipped(EvaluatedPlan plan) {
    return cached(plan, p -> p.evaluations().skipped() + " of " + p.evaluations().asked());
  }

  /** Times as fast as the same plan without step caching. */
  private double gain(EvaluatedPlan plan) {
    return plans.stream()
            .filter(other -> other.plan().equals(plan.plan()) && !other.caching().isOn())
            .findFirst()
            .orElseThrow()
            .secondsPerPicture()
        / plan.secondsPerPicture();
  }

  /** Beside the seconds: why they surprise, or what step caching has to do with them. */
  private String ofTime(EvaluatedPlan plan) {
    return plan.caching().isOn()
        ? Quantities.times(gain(plan))
            + " as fast; "
            + skipped(plan)
            + " evaluations taken from earlier steps"
        : reasons.ofTime(plan);
  }

  /** What {@code text} says of one with step caching; nothing for others. */
  private static String cached(EvaluatedPlan plan, Function<EvaluatedPlan, String> text) {
    return plan.caching().isOn() ? text.apply(plan) : NOTHING;
  }

  private static String flicker(EvaluatedPlan plan) {
    return plan.motion().map(Motion::flickerText).orElse(NOTHING);
  }

  private static String warping(EvaluatedPlan plan) {
    return plan.motion().map(Motion::warpingText).orElse(NOTHING);
  }

  /** What {@code text} says of one that is compared; nothing for what it is compared with. */
  private static String scored(EvaluatedPlan plan, Function<EvaluatedPlan, String> text) {
    return plan.scores().isEmpty() ? NOTHING : text.apply(plan);
  }

  /** What {@code text} says of a quantized one; nothing for full precision. */
  private static String quantized(EvaluatedPlan plan, Function<EvaluatedPlan, String> text) {
    return plan.plan().isEmpty() ? NOTHING : text.apply(plan);
  }
}
