package org.viditq.core.pipeline;

import java.util.List;
import org.viditq.core.error.UsageException;
import org.viditq.core.schedule.SamplingRun;
import org.viditq.core.schedule.Scheduler;

/**
 * Where sampling evaluates the denoiser: where the scheduler places its steps, or at times of one's
 * own, as published for distilled weights.
 *
 * @param kind what the values are
 * @param values descending; empty if the scheduler chooses
 */
public record StepTimes(Kind kind, List<Double> values) {
  /** The scheduler's own. */
  public static final StepTimes OF_SCHEDULER = new StepTimes(Kind.OF_SCHEDULER, List.of());

  /** What times are counted in. */
  public enum Kind {
    /** The scheduler places the steps. */
    OF_SCHEDULER,
    /** Training steps, 0 to 1000. */
    TIMESTEPS,
    /** Noise to signal ratios, one more than steps. */
    SIGMAS
  }

  public StepTimes {
    values = List.copyOf(values);
    if (kind != Kind.OF_SCHEDULER && values.isEmpty()) {
      throw new UsageException("A list of timesteps or sigmas must hold at least one.");
    }
  }

  /** How many steps there are; {@code otherwise} if the scheduler chooses. */
  public int steps(int otherwise) {
    return switch (kind) {
      case OF_SCHEDULER -> otherwise;
      case TIMESTEPS -> values.size();
      case SIGMAS -> values.size() - 1;
    };
  }

  /**
   * @throws UsageException if the scheduler cannot take these steps
   */
  SamplingRun start(Scheduler scheduler, int steps) {
    double[] times = values.stream().mapToDouble(Double::doubleValue).toArray();
    return switch (kind) {
      case OF_SCHEDULER -> scheduler.start(steps);
      case TIMESTEPS -> scheduler.startAt(times);
      case SIGMAS -> scheduler.startAtSigmas(times);
    };
  }
}
