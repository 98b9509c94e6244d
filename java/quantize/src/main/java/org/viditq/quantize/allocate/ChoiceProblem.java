package org.viditq.quantize.allocate;

import java.util.List;
import org.viditq.core.error.UsageException;

/**
 * A multiple-choice knapsack: one option of every item, least damage together, costs together
 * within a budget.
 *
 * @param items each with at least one option
 * @param budget that the costs may add up to
 */
record ChoiceProblem(List<List<Option>> items, long budget) {
  /**
   * @param cost at least 0
   * @param damage at least 0, finite
   */
  record Option(long cost, double damage) {}

  /**
   * @param chosen index of the option of each item
   * @param bound no choice has less damage than this
   * @param proven whether none has less damage than this choice
   */
  record Solution(int[] chosen, double bound, boolean proven) {}

  /**
   * @throws UsageException if even the cheapest options cost more than the budget
   */
  ChoiceProblem {
    items = items.stream().map(List::copyOf).toList();
    long least = 0;
    for (List<Option> options : items) {
      least = Math.addExact(least, options.stream().mapToLong(Option::cost).min().orElseThrow());
    }
    if (least > budget) {
      throw new UsageException(
          "The budget is too small: the narrowest widths that were measured need "
              + Math.round(1e6 * (double) least / budget) / 1e6
              + " times as much; raise it, or measure narrower widths.");
    }
  }

  double damage(int[] chosen) {
    double sum = 0;
    for (int i = 0; i < chosen.length; i++) {
      sum += items.get(i).get(chosen[i]).damage();
    }
    return sum;
  }

  long cost(int[] chosen) {
    long sum = 0;
    for (int i = 0; i < chosen.length; i++) {
      sum += items.get(i).get(chosen[i]).cost();
    }
    return sum;
  }
}
