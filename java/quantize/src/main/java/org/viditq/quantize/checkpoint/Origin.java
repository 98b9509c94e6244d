package org.viditq.quantize.checkpoint;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.error.InvalidModelException;
import org.viditq.quantize.calibrate.ModelIdentity;
import org.viditq.quantize.plan.PlanIdentity;
import org.viditq.quantize.plan.QuantizationPlan;

/**
 * Fingerprints of what a quantized checkpoint was made from. Checkpoints from before there were any
 * have none.
 *
 * @param model {@link ModelIdentity#ofWeights} of the full-precision weights
 * @param plan {@link PlanIdentity} of the plan
 * @param statistics {@link org.viditq.quantize.calibrate.CalibrationStatisticsFile#fingerprint} of
 *     the calibration statistics, where there were any
 */
public record Origin(Optional<String> model, Optional<String> plan, Optional<String> statistics) {
  private static final String MODEL = "viditq_model_sha256";
  private static final String PLAN = "viditq_plan_sha256";
  private static final String STATISTICS = "viditq_statistics_sha256";

  /** Of weights that a plan is applied to. */
  public static Origin of(Checkpoint weights, QuantizationPlan plan, Optional<String> statistics) {
    return new Origin(
        Optional.of(ModelIdentity.ofWeights(weights)),
        Optional.of(PlanIdentity.of(plan)),
        statistics);
  }

  static Origin of(Map<String, String> metadata) {
    return new Origin(
        Optional.ofNullable(metadata.get(MODEL)),
        Optional.ofNullable(metadata.get(PLAN)),
        Optional.ofNullable(metadata.get(STATISTICS)));
  }

  /** What a file's metadata has of it. */
  Map<String, String> metadata() {
    Map<String, String> metadata = new LinkedHashMap<>();
    model.ifPresent(value -> metadata.put(MODEL, value));
    plan.ifPresent(value -> metadata.put(PLAN, value));
    statistics.ifPresent(value -> metadata.put(STATISTICS, value));
    return metadata;
  }

  /**
   * Holds the fingerprint, where there is one, against full-precision weights.
   *
   * @param quantized where the quantized ones are, for messages
   * @throws InvalidModelException if these are not what it was made from
   */
  public void requireModel(Checkpoint weights, String quantized) {
    if (model.isPresent() && !model.get().equals(ModelIdentity.ofWeights(weights))) {
      throw new InvalidModelException(
          quantized
              + " was not quantized from the transformer in "
              + weights.source()
              + "; give the pipeline that it was made from, or name it with --transformer instead"
              + " of --quantized to use it in this one all the same.");
    }
  }
}
