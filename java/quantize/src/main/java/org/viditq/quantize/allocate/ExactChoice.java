package org.viditq.quantize.allocate;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.ojalgo.optimisation.Expression;
import org.ojalgo.optimisation.ExpressionsBasedModel;
import org.ojalgo.optimisation.Optimisation;
import org.ojalgo.optimisation.Variable;
import org.ojalgo.optimisation.integer.IntegerStrategy;

/** The best choice by integer programming, with a binary variable per option (ojAlgo). */
final class ExactChoice {
  /** Above this number of options the branches of a search become too many. */
  static final int MOST_OPTIONS = 1500;

  /** Of branch and bound; the same on every machine, where a time would not be. */
  private static final int MOST_NODES = 5_000;

  private ExactChoice() {}

  /**
   * @return empty if the problem is too large, or the search does not end with a choice within the
   *     budget
   */
  static Optional<ChoiceProblem.Solution> solve(ChoiceProblem problem) {
    int options = problem.items().stream().mapToInt(List::size).sum();
    if (options > MOST_OPTIONS) {
      return Optional.empty();
    }
    ExpressionsBasedModel model = new ExpressionsBasedModel();
    // One thread: which of two equal choices is found must not depend on the machine.
    model.options.integer(IntegerStrategy.newConfigurable().withParallelism(() -> 1));
    model.options.iterations_abort = MOST_NODES;
    long unit = unit(problem);
    double scale = scale(problem);
    Expression budget =
        model.newExpression("budget").upper(BigDecimal.valueOf(problem.budget() / unit));
    List<List<Variable>> chosen = new ArrayList<>();
    for (int i = 0; i < problem.items().size(); i++) {
      Expression one = model.newExpression("item " + i).level(1);
      List<Variable> variables = new ArrayList<>();
      for (int k = 0; k < problem.items().get(i).size(); k++) {
        ChoiceProblem.Option option = problem.items().get(i).get(k);
        Variable variable =
            model
                .newVariable("item " + i + " option " + k)
                .binary()
                .weight(option.damage() / scale);
        one.set(variable, 1);
        budget.set(variable, BigDecimal.valueOf(option.cost() / unit));
        variables.add(variable);
      }
      chosen.add(variables);
    }
    Optimisation.Result result = model.minimise();
    if (!result.getState().isFeasible()) {
      return Optional.empty();
    }
    return choice(problem, chosen, result, model)
        .filter(choice -> problem.cost(choice) <= problem.budget())
        .map(
            choice -> {
              boolean proven = result.getState().isOptimal();
              double damage = problem.damage(choice);
              return new ChoiceProblem.Solution(choice, proven ? damage : 0, proven);
            });
  }

  private static Optional<int[]> choice(
      ChoiceProblem problem,
      List<List<Variable>> variables,
      Optimisation.Result result,
      ExpressionsBasedModel model) {
    int[] choice = new int[problem.items().size()];
    for (int i = 0; i < choice.length; i++) {
      choice[i] = -1;
      for (int k = 0; k < variables.get(i).size(); k++) {
        if (result.doubleValue(model.indexOf(variables.get(i).get(k))) > 0.5) {
          if (choice[i] >= 0) {
            return Optional.empty();
          }
          choice[i] = k;
        }
      }
      if (choice[i] < 0) {
        return Optional.empty();
      }
    }
    return Optional.of(choice);
  }

  /** Greatest common divisor of the costs: small whole numbers are exact in floating point. */
  private static long unit(ChoiceProblem problem) {
    BigInteger divisor = BigInteger.ZERO;
    for (List<ChoiceProblem.Option> options : problem.items()) {
      for (ChoiceProblem.Option option : options) {
        divisor = divisor.gcd(BigInteger.valueOf(option.cost()));
      }
    }
    return Math.max(1, divisor.longValueExact());
  }

  private static double scale(ChoiceProblem problem) {
    double largest = 0;
    for (List<ChoiceProblem.Option> options : problem.items()) {
      for (ChoiceProblem.Option option : options) {
        largest = Math.max(largest, option.damage());
      }
    }
    return largest > 0 ? largest : 1;
  }
}
