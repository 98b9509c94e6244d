package org.viditq.core.quant;

/** What happens to a group whose Δ falls below 1e-6 (an all-zero token, a dead channel). */
public enum SmallScaleRule {
  /** Only that group's Δ becomes 1e-6: the deployed form; an all-zero group keeps codes 0. */
  PER_GROUP,
  /**
   * Compatibility with the published code: if the smallest Δ of a call is below 1e-6, every Δ of
   * that call becomes 1e-6, so one dead token destroys all others. Never deploy it.
   */
  ALL_GROUPS_AS_PUBLISHED
}
