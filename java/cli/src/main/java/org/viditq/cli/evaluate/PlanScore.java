package org.viditq.cli.evaluate;

import org.viditq.cli.picture.PictureScores;
import org.viditq.quantize.apply.StoredSize;
import org.viditq.quantize.plan.QuantizationPlan;

/**
 * How one plan's pictures compare with the full-precision ones of the same prompts and seeds.
 *
 * @param quantization the plan
 * @param size of the transformer as stored
 * @param run its pictures
 * @param scores of these against full precision
 */
public record PlanScore(
    QuantizationPlan quantization, StoredSize size, TimedPictures run, PictureScores scores) {
  /** The plan's name. */
  public String plan() {
    return quantization.name();
  }
}
