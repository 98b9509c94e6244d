package org.viditq.quantize.sensitivity;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.SamplingListener;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.resume.Part;
import org.viditq.core.resume.PartKey;
import org.viditq.core.resume.PartialResults;
import org.viditq.core.resume.Units;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.metric.clip.ClipMetric;
import org.viditq.quantize.metric.clip.JudgedClip;
import org.viditq.quantize.metric.clip.ReferenceClip;
import org.viditq.quantize.weight.QuantizedLayers;

/**
 * Quantizes some layers in some timesteps, all else in full precision, samples the same clips again
 * and asks the metrics how much worse they became. The {@linkplain #units() units} are independent
 * of each other, in any order and process; results are kept by all that decides them, so that an
 * unfinished sweep goes on where it was, and parts of one join.
 */
public final class SensitivitySweep implements Units, AutoCloseable {
  private final DiffusionPipeline pipeline;
  private final GenerationRequest request;
  private final EncodedPrompts prompts;
  private final MetricByType metrics;
  private final UnitGrouping grouping;
  private final List<TimestepRange> ranges;
  private final Map<Integer, QuantizedLayers> quantized;
  private final PartialResults kept;
  private final PartKey key;

  private List<SensitivityUnit> units;
  private Denoiser fullPrecision;
  private ReferenceTrajectory reference;
  private List<ReferenceClip> referenceClips;
  private final Map<ClipMetric, double[]> referenceFigures = new HashMap<>();

  /**
   * @param quantized all layers of a plan by width of their weights, falling; the checkpoint behind
   *     them stays open
   * @param ranges number of equal timestep ranges
   * @param key what decides a clip: model, backend, sampling, prompts, seeds, plan
   */
  public SensitivitySweep(
      DiffusionPipeline pipeline,
      GenerationRequest request,
      EncodedPrompts prompts,
      MetricByType metrics,
      UnitGrouping grouping,
      int ranges,
      Map<Integer, QuantizedLayers> quantized,
      PartialResults kept,
      PartKey key) {
    this.pipeline = pipeline;
    this.request = request;
    this.prompts = prompts;
    this.metrics = metrics;
    this.grouping = grouping;
    this.ranges = EqualRanges.of(ranges);
    this.quantized = Collections.unmodifiableMap(new LinkedHashMap<>(quantized));
    this.kept = kept;
    this.key = key;
  }

  /** The layers that the plan quantizes. */
  private List<LinearLayer> layers() {
    QuantizedLayers any = quantized.values().iterator().next();
    return pipeline.model().linearLayers().stream()
        .filter(layer -> any.layers().containsKey(layer.name()))
        .toList();
  }

  private Map<String, List<LinearLayer>> groups() {
    return grouping.group(layers());
  }

  /** All pieces of work, by group, then range, then width. */
  public List<SensitivityUnit> units() {
    if (units == null) {
      units = List.copyOf(listUnits());
    }
    return units;
  }

  private List<SensitivityUnit> listUnits() {
    List<SensitivityUnit> all = new ArrayList<>();
    groups()
        .forEach(
            (name, layers) -> {
              for (int range = 0; range < ranges.size(); range++) {
                for (int bits : quantized.keySet()) {
                  all.add(
                      new SensitivityUnit(
                          name,
                          layers.get(0).type(),
                          layers.stream().map(LinearLayer::name).toList(),
                          range,
                          bits));
                }
              }
            });
    return all;
  }

  @Override
  public int count() {
    return units().size();
  }

  @Override
  public PartKey key(int unit) {
    return partKey(units().get(unit));
  }

  @Override
  public void compute(int unit) {
    measure(units().get(unit));
  }

  /** Samples what all units are compared with, if no earlier run has. */
  public void sampleReference() {
    reference();
  }

  /** The metrics that a unit's clips are judged by, the mean squared error first. */
  private List<ClipMetric> metricsOf(SensitivityUnit unit) {
    return metrics.all(List.of(unit.type()));
  }

  /**
   * Measures a unit, or takes what an earlier run measured.
   *
   * @return by metric id, per prompt, how much worse than full precision
   */
  public Map<String, double[]> measure(SensitivityUnit unit) {
    PartKey part = partKey(unit);
    Optional<Map<String, double[]>> known = kept.find(part).flatMap(p -> result(unit, p));
    if (known.isPresent()) {
      return known.get();
    }
    ReferenceTrajectory trajectory = reference();
    Map<String, double[]> result = new LinkedHashMap<>();
    List<Clip> clips = clips(unit, trajectory);
    for (ClipMetric metric : metricsOf(unit)) {
      double[] expected = referenceFigures(metric);
      double[] worsening = new double[clips.size()];
      for (int i = 0; i < worsening.length; i++) {
        JudgedClip clip =
            JudgedClip.of(clips.get(i).pixels(), referenceClips.get(i), prompts.prompts().get(i));
        worsening[i] = finite(metric, metric.worsening(expected[i], metric.of(clip)));
      }
      result.put(metric.id(), worsening);
    }
    Map<String, String> facts = new LinkedHashMap<>();
    result.forEach((metric, values) -> facts.put(metric, text(values)));
    kept.keep(part, new Part(Map.of(), facts));
    return result;
  }

  private List<Clip> clips(SensitivityUnit unit, ReferenceTrajectory trajectory) {
    Map<String, QuantizedLinearParameters> all = quantized.get(unit.bits()).layers();
    Map<String, QuantizedLinearParameters> some = new LinkedHashMap<>();
    unit.layers().forEach(layer -> some.put(layer, all.get(layer)));
    try (Denoiser alone = pipeline.openDenoiser(new QuantizedLayers(some)::over)) {
      Denoiser ranged =
          new RangedDenoiser(alone, fullPrecision(), ranges.get(unit.range()), trajectory);
      Tensor latents =
          pipeline.sample(
              request, prompts, ranged, SamplingListener.NONE, (stage, done, total) -> {});
      return pipeline.decode(latents, request, (stage, done, total) -> {});
    }
  }

  /** What the metric says of each full-precision clip. */
  private double[] referenceFigures(ClipMetric metric) {
    reference();
    return referenceFigures.computeIfAbsent(
        metric,
        m -> {
          double[] figures = new double[referenceClips.size()];
          for (int i = 0; i < figures.length; i++) {
            figures[i] =
                finite(
                    m,
                    m.of(JudgedClip.ofReference(referenceClips.get(i), prompts.prompts().get(i))));
          }
          return figures;
        });
  }

  private static double finite(ClipMetric metric, double value) {
    if (!Double.isFinite(value)) {
      throw new UsageException(
          "The metric "
              + metric.id()
              + " is "
              + value
              + " of a clip, which cannot be weighed against others; take another one, such as ssim"
              + " or mse.");
    }
    return value;
  }

  private Denoiser fullPrecision() {
    if (fullPrecision == null) {
      fullPrecision = pipeline.openDenoiser(UnaryOperator.identity());
    }
    return fullPrecision;
  }

  private ReferenceTrajectory reference() {
    if (reference == null) {
      PartKey part = key.with("part", "reference trajectory");
      reference =
          kept.find(part)
              .flatMap(ReferenceTrajectory::of)
              .orElseGet(
                  () -> {
                    ReferenceTrajectory sampled = new ReferenceTrajectory();
                    sampled.finish(
                        pipeline.sample(
                            request,
                            prompts,
                            sampled.recording(fullPrecision()),
                            SamplingListener.NONE,
                            (stage, done, total) -> {}));
                    kept.keep(part, sampled.part());
                    return sampled;
                  });
      ProgressListener silent = (stage, done, total) -> {};
      referenceClips =
          pipeline.decode(reference.latents(), request, silent).stream()
              .map(clip -> new ReferenceClip(clip.pixels()))
              .toList();
    }
    return reference;
  }

  private PartKey partKey(SensitivityUnit unit) {
    return key.with("part", "sensitivity")
        .with("layers", String.join("\n", unit.layers()))
        .with("timesteps", ranges.get(unit.range()))
        .with("bits", unit.bits())
        .with("metrics", metricsOf(unit).stream().map(ClipMetric::stamp).toList());
  }

  private Optional<Map<String, double[]>> result(SensitivityUnit unit, Part part) {
    Map<String, double[]> result = new LinkedHashMap<>();
    for (ClipMetric metric : metricsOf(unit)) {
      String text = part.facts().get(metric.id());
      if (text == null) {
        return Optional.empty();
      }
      result.put(metric.id(), text.lines().mapToDouble(Double::parseDouble).toArray());
    }
    return Optional.of(result);
  }

  /** A number per line; reading it back gives the same bits. */
  private static String text(double[] values) {
    StringBuilder lines = new StringBuilder();
    for (double value : values) {
      lines.append(value).append('\n');
    }
    return lines.toString();
  }

  /**
   * All results together, measuring what is missing.
   *
   * @param facts settings for people
   * @param done called after each unit
   */
  public SensitivityTable table(
      Map<String, String> facts, String planName, String planYaml, Runnable done) {
    List<String> names = new ArrayList<>(groups().keySet());
    List<SensitivityTable.Result> results = new ArrayList<>();
    for (SensitivityUnit unit : units()) {
      results.add(
          new SensitivityTable.Result(
              names.indexOf(unit.name()), unit.range(), unit.bits(), measure(unit)));
      done.run();
    }
    List<LinearLayer> layers = layers();
    List<SensitivityTable.Metric> judges = new ArrayList<>();
    for (ClipMetric metric :
        metrics.all(layers.stream().map(LinearLayer::type).distinct().toList())) {
      List<Double> figures = new ArrayList<>();
      for (double figure : referenceFigures(metric)) {
        figures.add(figure);
      }
      judges.add(new SensitivityTable.Metric(metric.id(), metric.direction(), figures));
    }
    List<SensitivityTable.Unit> units = new ArrayList<>();
    groups()
        .forEach(
            (name, members) ->
                units.add(
                    new SensitivityTable.Unit(
                        name,
                        members.get(0).type(),
                        metrics.of(members.get(0).type()).id(),
                        members.stream().map(layer -> entry(layer, layers)).toList())));
    return new SensitivityTable(
        facts,
        planName,
        planYaml,
        request.steps(),
        ranges.size(),
        List.copyOf(quantized.keySet()),
        judges,
        units,
        results);
  }

  private SensitivityTable.Layer entry(LinearLayer layer, List<LinearLayer> all) {
    List<String> published =
        layer.publishedNames().stream()
            .filter(
                name ->
                    all.stream()
                        .noneMatch(
                            other ->
                                !other.name().equals(layer.name())
                                    && other.publishedNames().contains(name)))
            .toList();
    Map<Integer, Long> bytes = new LinkedHashMap<>();
    quantized.forEach(
        (bits, layers) -> {
          QuantizedLinearParameters parameters = layers.layers().get(layer.name());
          long whole = new QuantizedLayers(Map.of(layer.name(), parameters)).sizeInBytes();
          bytes.put(bits, whole / parameters.sets().size());
        });
    return new SensitivityTable.Layer(layer.name(), published, layer.weights(), bytes);
  }

  @Override
  public void close() {
    if (fullPrecision != null) {
      fullPrecision.close();
    }
  }
}
