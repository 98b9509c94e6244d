package org.viditq.quantize.allocate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.viditq.core.error.UsageException;
import org.viditq.quantize.sensitivity.SensitivityTable;

/**
 * Chooses the widths of weights (ViDiT-Q, section "Metric-decoupled mixed precision"). First the
 * mean squared error alone decides about all units; what the units of each metric use then is that
 * group's part of the budget. Within its part each group is decided by its own metric; where that
 * leaves nothing to tell, differences of less than a thousandth of it, the squared error decides.
 *
 * <p>Damages of units are taken to add up, as they were measured one at a time.
 */
public final class Allocator {
  /** How units are ranked. */
  public enum Ranking {
    /** Groups by the squared error, units by their type's metric. */
    DECOUPLED,
    /** Everything by the squared error. */
    MSE
  }

  private static final double TIE_BREAK = 1e-3;
  private static final double PICOSECONDS = 1e12;

  /** More combinations of widths and ranges of one unit are not listed. */
  private static final int MOST_OPTIONS_OF_A_UNIT = 4096;

  private final SensitivityTable table;
  private final Damages damages;
  private final StoredBytes stored;
  private final Budget budget;
  private final boolean greedyOnly;

  /**
   * @param greedyOnly whether the exact search is left out
   * @throws UsageException if the sensitivities are incomplete
   */
  public Allocator(SensitivityTable table, Budget budget, boolean greedyOnly) {
    this.table = table;
    this.damages = new Damages(table);
    this.stored = new StoredBytes(table);
    this.budget = budget;
    this.greedyOnly = greedyOnly;
    if (Math.pow(table.bits().size(), table.ranges()) > MOST_OPTIONS_OF_A_UNIT
        && budget.kind() == Budget.Kind.BYTES) {
      throw new UsageException(
          "A budget in bytes needs all combinations of "
              + table.bits().size()
              + " widths in "
              + table.ranges()
              + " ranges, which are too many; give it in bits, or measure fewer ranges.");
    }
  }

  /**
   * @throws UsageException if not even the narrowest widths fit the budget
   */
  public Allocation allocate(Ranking ranking) {
    String mse = table.meanSquaredError();
    List<Integer> all = IntStream.range(0, table.units().size()).boxed().toList();
    int[][] widths = new int[all.size()][];
    Solved first = solve(all, total(), mse);
    first.copyInto(widths);
    List<Allocation.Group> groups = new ArrayList<>();
    if (ranking == Ranking.MSE) {
      groups.add(first.group(mse));
    } else {
      for (Map.Entry<String, List<Integer>> group : groups().entrySet()) {
        long part = 0;
        for (int unit : group.getValue()) {
          part = Math.addExact(part, cost(unit, widths[unit]));
        }
        Solved own = solve(group.getValue(), part, group.getKey());
        own.copyInto(widths);
        groups.add(own.group(group.getKey()));
      }
    }
    long bits = 0;
    long weights = 0;
    for (int unit : all) {
      bits += bits(unit, widths[unit]);
      weights += table.units().get(unit).weights() * table.ranges();
    }
    return new Allocation(table, widths, groups, (double) bits / weights, stored.of(widths));
  }

  /** The whole budget in the unit of costs. */
  private long total() {
    if (budget.kind() == Budget.Kind.BYTES) {
      return (long) budget.amount();
    }
    if (budget.kind() == Budget.Kind.SECONDS) {
      return (long) (budget.amount() * PICOSECONDS) * table.ranges();
    }
    long weights = 0;
    for (SensitivityTable.Unit unit : table.units()) {
      weights = Math.addExact(weights, Math.multiplyExact(unit.weights(), (long) table.ranges()));
    }
    return (long) Math.floor(budget.amount() * weights);
  }

  private Map<String, List<Integer>> groups() {
    Map<String, List<Integer>> groups = new LinkedHashMap<>();
    for (int unit = 0; unit < table.units().size(); unit++) {
      groups
          .computeIfAbsent(table.units().get(unit).metric(), metric -> new ArrayList<>())
          .add(unit);
    }
    return groups;
  }

  private long bits(int unit, int[] widths) {
    long weights = table.units().get(unit).weights();
    long bits = 0;
    for (int width : widths) {
      bits = Math.addExact(bits, Math.multiplyExact(weights, (long) width));
    }
    return bits;
  }

  private long picoseconds(int unit, int[] widths) {
    long weights = table.units().get(unit).weights();
    long sum = 0;
    for (int width : widths) {
      double seconds = budget.costs().orElseThrow().seconds(weights, width);
      sum = Math.addExact(sum, Math.round(seconds * PICOSECONDS));
    }
    return sum;
  }

  private long cost(int unit, int[] widths) {
    return switch (budget.kind()) {
      case BYTES -> stored.of(table.units().get(unit), widths);
      case AVERAGE_BITS -> bits(unit, widths);
      case SECONDS -> picoseconds(unit, widths);
    };
  }

  /** An item of the problem: a unit in one range, or with all of them where they share bytes. */
  private record Item(int unit, int range, List<int[]> options) {}

  private List<Item> items(List<Integer> units) {
    List<Item> items = new ArrayList<>();
    for (int unit : units) {
      if (budget.kind() == Budget.Kind.BYTES) {
        items.add(new Item(unit, -1, combinations()));
      } else {
        for (int range = 0; range < table.ranges(); range++) {
          items.add(new Item(unit, range, table.bits().stream().map(b -> new int[] {b}).toList()));
        }
      }
    }
    return items;
  }

  private List<int[]> combinations() {
    List<int[]> combinations = new ArrayList<>();
    combinations.add(new int[0]);
    for (int range = 0; range < table.ranges(); range++) {
      List<int[]> longer = new ArrayList<>();
      for (int[] shorter : combinations) {
        for (int bits : table.bits()) {
          int[] next = java.util.Arrays.copyOf(shorter, range + 1);
          next[range] = bits;
          longer.add(next);
        }
      }
      combinations = longer;
    }
    return combinations;
  }

  private Solved solve(List<Integer> units, long part, String metric) {
    double own = damages.narrowest(units, metric);
    double squared = damages.narrowest(units, table.meanSquaredError());
    List<Item> items = items(units);
    List<List<ChoiceProblem.Option>> options = new ArrayList<>();
    for (Item item : items) {
      List<ChoiceProblem.Option> choices = new ArrayList<>();
      for (int[] widths : item.options()) {
        double damage = 0;
        for (int i = 0; i < widths.length; i++) {
          int range = item.range() < 0 ? i : item.range();
          damage +=
              damages.of(item.unit(), range, widths[i], metric) / own
                  + TIE_BREAK
                      * damages.of(item.unit(), range, widths[i], table.meanSquaredError())
                      / squared;
        }
        choices.add(new ChoiceProblem.Option(cost(item.unit(), widths), damage));
      }
      options.add(choices);
    }
    ChoiceProblem problem = new ChoiceProblem(options, part);
    ChoiceProblem.Solution greedy = GreedyChoice.solve(problem);
    Optional<ChoiceProblem.Solution> exact =
        greedyOnly || greedy.proven() ? Optional.empty() : ExactChoice.solve(problem);
    // A search that was cut off may be worse than the greedy choice.
    ChoiceProblem.Solution best =
        exact
            .filter(found -> problem.damage(found.chosen()) <= problem.damage(greedy.chosen()))
            .orElse(greedy);
    return new Solved(items, problem, greedy, best);
  }

  /** A solved problem. */
  private record Solved(
      List<Item> items,
      ChoiceProblem problem,
      ChoiceProblem.Solution greedy,
      ChoiceProblem.Solution best) {
    void copyInto(int[][] widths) {
      for (int i = 0; i < items.size(); i++) {
        Item item = items.get(i);
        int[] chosen = item.options().get(best.chosen()[i]);
        if (item.range() < 0) {
          widths[item.unit()] = chosen;
        } else {
          if (item.range() == 0) {
            widths[item.unit()] = new int[0];
          }
          int[] longer = java.util.Arrays.copyOf(widths[item.unit()], item.range() + 1);
          longer[item.range()] = chosen[0];
          widths[item.unit()] = longer;
        }
      }
    }

    Allocation.Group group(String metric) {
      return new Allocation.Group(
          metric,
          problem.budget(),
          problem.cost(best.chosen()),
          problem.damage(best.chosen()),
          problem.damage(greedy.chosen()),
          Math.max(greedy.bound(), best.bound()),
          best.proven());
    }
  }
}
