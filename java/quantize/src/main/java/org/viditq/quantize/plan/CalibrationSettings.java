package org.viditq.quantize.plan;

import java.util.Optional;

/**
 * How much calibration a plan asks for; the caller may override it.
 *
 * @param samples number of calibration prompts
 * @param steps number of sampling steps kept per prompt; empty to keep every second
 */
public record CalibrationSettings(int samples, Optional<Integer> steps) {
  /** What the plans that come with the product were measured with. */
  public static final CalibrationSettings DEFAULT = new CalibrationSettings(8, Optional.empty());
}
