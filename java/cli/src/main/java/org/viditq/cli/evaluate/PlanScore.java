package org.viditq.cli.evaluate;

import java.util.Optional;
import org.viditq.cli.picture.PictureScores;
import org.viditq.core.pipeline.cache.StepCaching;
import org.viditq.quantize.apply.StoredSize;
import org.viditq.quantize.plan.QuantizationPlan;

/**
 * How one plan's pictures compare with the full-precision ones of the same prompts and seeds.
 *
 * @param quantization the plan; empty for full precision with step caching
 * @param size of the transformer as stored
 * @param run its pictures
 * @param scores of these against full precision
 * @param caching what their steps took from earlier ones
 */
public record PlanScore(
    Optional<QuantizationPlan> quantization,
    StoredSize size,
    TimedPictures run,
    PictureScores scores,
    StepCaching caching) {
  /** The plan's name, and the caching. */
  public String name() {
    return name(quantization, caching);
  }

  /** How many evaluations were skipped, as a phrase. */
  public String evaluations() {
    return run.evaluations().skipped()
        + " of "
        + run.evaluations().asked()
        + " evaluations taken from earlier steps";
  }

  /** What a plan with a caching is called. */
  static String name(Optional<QuantizationPlan> plan, StepCaching caching) {
    String quantized = plan.map(QuantizationPlan::name).orElse("full precision");
    return caching.isOn() ? quantized + ", " + caching : quantized;
  }
}
