package org.viditq.quantize.allocate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * From the cheapest options upwards, always the step along an item's convex hull that saves most
 * damage per cost, while it fits (P. Sinha and A. Zoltners, The Multiple-Choice Knapsack Problem,
 * 1979). Where the first step does not fit, a part of it gives the optimum of the linear
 * relaxation, which no whole choice can beat: that is the bound. Later steps that still fit are
 * taken, and what is left at the end goes to any single option, also off the hulls, that still
 * saves damage.
 */
final class GreedyChoice {
  private final ChoiceProblem problem;

  private GreedyChoice(ChoiceProblem problem) {
    this.problem = problem;
  }

  static ChoiceProblem.Solution solve(ChoiceProblem problem) {
    return new GreedyChoice(problem).solve();
  }

  /** From one corner of an item's hull to the next. */
  private record Step(int item, int from, int to, long cost, double saved) {
    double rate() {
      return saved / cost;
    }
  }

  private ChoiceProblem.Solution solve() {
    int count = problem.items().size();
    int[] chosen = new int[count];
    List<Step> steps = new ArrayList<>();
    for (int item = 0; item < count; item++) {
      List<Integer> hull = hull(problem.items().get(item));
      chosen[item] = hull.get(0);
      for (int k = 1; k < hull.size(); k++) {
        steps.add(step(item, hull.get(k - 1), hull.get(k)));
      }
    }
    // Rates fall along a hull, and the sort is stable, so that an item's steps come in their order.
    steps.sort(Comparator.comparingDouble(Step::rate).reversed());
    long left = problem.budget() - problem.cost(chosen);
    double bound = Double.NaN;
    for (Step step : steps) {
      boolean fits = chosen[step.item()] == step.from() && step.cost() <= left;
      if (!fits && Double.isNaN(bound)) {
        bound = problem.damage(chosen) - step.rate() * left;
      }
      if (fits) {
        chosen[step.item()] = step.to();
        left -= step.cost();
      }
    }
    if (Double.isNaN(bound)) {
      bound = problem.damage(chosen);
    }
    spend(chosen, left);
    return new ChoiceProblem.Solution(chosen, Math.max(0, bound), problem.damage(chosen) <= bound);
  }

  private Step step(int item, int from, int to) {
    ChoiceProblem.Option a = problem.items().get(item).get(from);
    ChoiceProblem.Option b = problem.items().get(item).get(to);
    return new Step(item, from, to, b.cost() - a.cost(), a.damage() - b.damage());
  }

  /** Indices of the options at the corners of the lower convex hull, by rising cost. */
  private static List<Integer> hull(List<ChoiceProblem.Option> options) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < options.size(); i++) {
      order.add(i);
    }
    order.sort(
        Comparator.comparingLong((Integer i) -> options.get(i).cost())
            .thenComparingDouble(i -> options.get(i).damage()));
    List<Integer> hull = new ArrayList<>();
    for (int i : order) {
      if (!hull.isEmpty()
          && options.get(i).damage() >= options.get(hull.get(hull.size() - 1)).damage()) {
        continue; // dearer or as dear, and no better
      }
      while (hull.size() > 1 && !isCorner(options, hull, i)) {
        hull.remove(hull.size() - 1);
      }
      hull.add(i);
    }
    return hull;
  }

  /** Whether the last corner lies below the line from the one before it to a new option. */
  private static boolean isCorner(
      List<ChoiceProblem.Option> options, List<Integer> hull, int next) {
    ChoiceProblem.Option a = options.get(hull.get(hull.size() - 2));
    ChoiceProblem.Option b = options.get(hull.get(hull.size() - 1));
    ChoiceProblem.Option c = options.get(next);
    double before = (a.damage() - b.damage()) / (b.cost() - a.cost());
    double after = (b.damage() - c.damage()) / (c.cost() - b.cost());
    return before > after;
  }

  private void spend(int[] chosen, long budgetLeft) {
    long left = budgetLeft;
    while (true) {
      Step best = null;
      for (int item = 0; item < chosen.length; item++) {
        for (int to = 0; to < problem.items().get(item).size(); to++) {
          Step step = step(item, chosen[item], to);
          if (step.saved() > 0
              && step.cost() <= left
              && (best == null || step.saved() > best.saved())) {
            best = step;
          }
        }
      }
      if (best == null) {
        return;
      }
      chosen[best.item()] = best.to();
      left -= best.cost();
    }
  }
}
