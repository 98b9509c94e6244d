package org.viditq.core.pipeline.cache;

/**
 * How many evaluations of a denoiser were asked for, picture by picture, and how many of these took
 * everything that blocks compute from earlier ones.
 */
public record EvaluationCount(long asked, long skipped) {
  public static final EvaluationCount NONE = new EvaluationCount(0, 0);

  /** Both together. */
  public EvaluationCount plus(EvaluationCount other) {
    return new EvaluationCount(asked + other.asked, skipped + other.skipped);
  }

  /** Those since there were {@code earlier}. */
  public EvaluationCount minus(EvaluationCount earlier) {
    return new EvaluationCount(asked - earlier.asked, skipped - earlier.skipped);
  }
}
