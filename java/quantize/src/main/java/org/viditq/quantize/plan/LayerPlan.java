package org.viditq.quantize.plan;

import java.util.List;
import java.util.Optional;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.TimestepRange;

/**
 * What a plan means for one quantized layer.
 *
 * @param layer qualified name
 * @param parts tile the schedule in order of time; neighbours differ in more than the range
 */
public record LayerPlan(String layer, List<Part> parts) {
  /**
   * @param timesteps where it applies
   * @param weight format of the weight codes
   * @param activation format of the activation codes
   * @param balance the balancing range it belongs to; empty for no balancing
   * @param rotated whether the plan's rotation is for this layer
   */
  public record Part(
      TimestepRange timesteps,
      IntegerFormat weight,
      IntegerFormat activation,
      Optional<Balancing.Range> balance,
      boolean rotated) {
    /** Not rotated. */
    public Part(
        TimestepRange timesteps,
        IntegerFormat weight,
        IntegerFormat activation,
        Optional<Balancing.Range> balance) {
      this(timesteps, weight, activation, balance, false);
    }
  }

  public LayerPlan {
    parts = List.copyOf(parts);
  }
}
