package org.viditq.cli.demo;

import java.util.List;
import java.util.stream.Stream;
import org.viditq.cli.evaluate.PlanScore;
import org.viditq.cli.option.CacheOptions;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.cache.StepCaching;

/**
 * A plan that the demo shows.
 *
 * @param name of the built-in plan
 * @param title for people
 */
record DemoPlan(String name, String title) {
  /** What a plan is shown with: without step caching, and with each that was asked for. */
  static List<StepCaching> cachings(DemoSettings settings, DiffusionPipeline pipeline) {
    return Stream.concat(
            Stream.of(StepCaching.NONE), CacheOptions.readAll(settings.caches(), pipeline).stream())
        .toList();
  }

  /** The title with the caching. */
  String title(PlanScore score) {
    return score.caching().isOn() ? title + ", " + score.caching() : title;
  }

  /** One line. */
  String description(PlanScore score) {
    return score.caching().isOn()
        ? score.evaluations() + "."
        : score.quantization().orElseThrow().description();
  }

  /** For clips, from what everybody tries first to what the method is for. */
  static final List<DemoPlan> OF_CLIPS =
      List.of(
          new DemoPlan("w8a8-naive", "W8A8 naive"),
          new DemoPlan("w8a8", "W8A8 dynamic"),
          new DemoPlan("w4a8-naive", "W4A8 naive"),
          new DemoPlan("w4a8", "W4A8 timestep-aware"));

  /** For pictures, likewise. */
  static final List<DemoPlan> OF_PICTURES =
      List.of(
          new DemoPlan("w8a8-naive", "W8A8 naive"),
          new DemoPlan("w8a8", "W8A8 dynamic"),
          new DemoPlan("w8a8-balanced", "W8A8 balanced"),
          new DemoPlan("w6a6", "W6A6 balanced"),
          new DemoPlan("w4a8", "W4A8 timestep-aware"));
}
