package org.viditq.cli.evaluate;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.viditq.cli.picture.Motion;
import org.viditq.cli.picture.PictureComparison;
import org.viditq.cli.picture.PictureScores;
import org.viditq.cli.picture.Spread;
import org.viditq.core.pipeline.cache.EvaluationCount;
import org.viditq.core.pipeline.cache.StepCaching;
import org.viditq.quantize.apply.StoredSize;
import org.viditq.quantize.plan.QuantizationPlan;

/**
 * What one plan, or full precision, gave: everything but the pictures themselves.
 *
 * @param plan empty for full precision
 * @param size of the transformer as stored
 * @param pictures where they lie, one per prompt; empty where none were written
 * @param scores against full precision that computes every step; empty for that itself
 * @param motion of clips; empty for pictures
 * @param secondsPerPicture to denoise and decode, without encoding the prompt
 * @param peakBytes most memory of the process meanwhile, where it is known
 * @param caching what steps took from earlier ones
 * @param evaluations of the denoiser, where there was caching
 */
record EvaluatedPlan(
    Optional<QuantizationPlan> plan,
    StoredSize size,
    List<EvaluatedPicture> pictures,
    Optional<PictureScores> scores,
    Optional<Motion> motion,
    double secondsPerPicture,
    OptionalLong peakBytes,
    StepCaching caching,
    EvaluationCount evaluations) {
  EvaluatedPlan {
    pictures = List.copyOf(pictures);
  }

  /** Without caching. */
  EvaluatedPlan(
      Optional<QuantizationPlan> plan,
      StoredSize size,
      List<EvaluatedPicture> pictures,
      Optional<PictureScores> scores,
      Optional<Motion> motion,
      double secondsPerPicture,
      OptionalLong peakBytes) {
    this(
        plan,
        size,
        pictures,
        scores,
        motion,
        secondsPerPicture,
        peakBytes,
        StepCaching.NONE,
        EvaluationCount.NONE);
  }

  /** For people. */
  String name() {
    return PlanScore.name(plan, caching);
  }

  /** Of one with scores. */
  Spread psnr() {
    return Spread.of(
        scores.orElseThrow().pictures().stream().map(PictureComparison::psnr).toList());
  }

  /** Of one with scores. */
  Spread ssim() {
    return Spread.of(
        scores.orElseThrow().pictures().stream().map(PictureComparison::ssim).toList());
  }

  /** How many sets of codes a layer may have: one per timestep range that weights differ in. */
  int weightSets() {
    int ranges = plan.flatMap(QuantizationPlan::balancing).map(b -> b.ranges().size()).orElse(1);
    int parts = plan.flatMap(QuantizationPlan::weightBits).map(m -> m.parts().size()).orElse(1);
    return Math.max(ranges, parts);
  }
}
