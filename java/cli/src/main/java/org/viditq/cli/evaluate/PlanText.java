package org.viditq.cli.evaluate;

import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.viditq.core.model.AttentionPrecisions;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.plan.StepBitMap;
import org.viditq.quantize.plan.WeightScheme;

/** All that a plan says, as one text that is the same in every process. */
final class PlanText {
  private PlanText() {}

  static String of(QuantizationPlan plan) {
    List<Object> parts =
        List.of(
            plan.weight(),
            plan.activation(),
            plan.balancing(),
            plan.quantize(),
            plan.include(),
            plan.keepFullPrecision(),
            plan.overrides(),
            plan.candidates(),
            of(plan.weightBits()),
            of(plan.activationBits()));
    // What has only been added since is left out where it says nothing, so that results of earlier
    // runs are found.
    return parts
        + (plan.scheme().equals(WeightScheme.PLAIN) ? "" : " " + plan.scheme())
        + (plan.attention().equals(AttentionPrecisions.FLOAT) ? "" : " " + plan.attention());
  }

  /** Maps of the JDK that cannot be changed have another order in every process. */
  private static String of(Optional<StepBitMap> map) {
    StringBuilder text = new StringBuilder();
    map.ifPresent(
        bits ->
            bits.parts()
                .forEach(part -> text.append(part.timesteps()).append(new TreeMap<>(part.bits()))));
    return text.toString();
  }
}
