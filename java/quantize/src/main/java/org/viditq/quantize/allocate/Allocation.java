package org.viditq.quantize.allocate;

import java.util.List;
import org.viditq.quantize.sensitivity.SensitivityTable;

/**
 * Widths for all units and ranges.
 *
 * @param table what they were chosen from
 * @param widths [unit][range], bits
 * @param groups by metric, in the order in which units have them
 * @param averageBits per weight, over layers and timesteps
 * @param bytes of the quantized layers
 */
public record Allocation(
    SensitivityTable table, int[][] widths, List<Group> groups, double averageBits, long bytes) {
  public Allocation {
    groups = List.copyOf(groups);
  }

  /**
   * Units that are judged by one metric and share a part of the budget.
   *
   * @param metric that ranks them
   * @param budget bits times weights and ranges, or bytes
   * @param used of it
   * @param damage that the choice is expected to do, as a share of what all units in the narrowest
   *     width would do
   * @param greedyDamage the same of the greedy choice
   * @param bound no choice is expected to do less
   * @param exact whether the choice is proven to be the best one
   */
  public record Group(
      String metric,
      long budget,
      long used,
      double damage,
      double greedyDamage,
      double bound,
      boolean exact) {}
}
