package org.viditq.quantize.allocate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.viditq.core.error.UsageException;

/** Held to trying all choices. */
class ChoiceTest {
  @RepeatedTest(40)
  void exactIsTheBestOfAllAndGreedyWithinItsBound(RepetitionInfo info) {
    ChoiceProblem problem =
        random(info.getCurrentRepetition(), 2 + info.getCurrentRepetition() % 6);
    double best = best(problem);

    ChoiceProblem.Solution exact = ExactChoice.solve(problem).orElseThrow();
    assertThat(exact.proven()).isTrue();
    assertThat(problem.cost(exact.chosen())).isLessThanOrEqualTo(problem.budget());
    // Branch and bound stops at a relative gap; damages are of the order of 1.
    assertThat(problem.damage(exact.chosen())).isCloseTo(best, within(1e-6));

    ChoiceProblem.Solution greedy = GreedyChoice.solve(problem);
    assertThat(problem.cost(greedy.chosen())).isLessThanOrEqualTo(problem.budget());
    assertThat(problem.damage(greedy.chosen())).isGreaterThanOrEqualTo(best - 1e-12);
    assertThat(greedy.bound()).isLessThanOrEqualTo(best + 1e-12);
    if (greedy.proven()) {
      assertThat(problem.damage(greedy.chosen())).isCloseTo(best, within(1e-12));
    }
  }

  @Test
  void manyItemsAreSolvedSoonAndTheGapIsSmall() {
    ChoiceProblem problem = random(5, 150);
    ChoiceProblem.Solution greedy = GreedyChoice.solve(problem);
    // With one budget, the greedy choice misses the bound by less than one step.
    assertThat(problem.damage(greedy.chosen()) - greedy.bound()).isBetween(0.0, 1.0);
    ChoiceProblem.Solution exact = ExactChoice.solve(problem).orElseThrow();
    assertThat(problem.damage(exact.chosen()))
        .isBetween(greedy.bound() - 1e-6, problem.damage(greedy.chosen()) + 1e-6);
  }

  @Test
  void tooManyOptionsAreLeftToTheGreedyChoice() {
    assertThat(ExactChoice.solve(random(1, ExactChoice.MOST_OPTIONS))).isEmpty();
  }

  @Test
  void theSameChoiceEveryTime() {
    ChoiceProblem problem = random(9, 40);
    assertThat(ExactChoice.solve(problem).orElseThrow().chosen())
        .containsExactly(ExactChoice.solve(problem).orElseThrow().chosen());
    assertThat(GreedyChoice.solve(problem).chosen())
        .containsExactly(GreedyChoice.solve(problem).chosen());
  }

  @Test
  void freeImprovementsAreTaken() {
    ChoiceProblem problem =
        new ChoiceProblem(
            List.of(
                List.of(
                    new ChoiceProblem.Option(5, 3),
                    new ChoiceProblem.Option(5, 1),
                    new ChoiceProblem.Option(9, 1))),
            100);
    assertThat(GreedyChoice.solve(problem).chosen()).containsExactly(1);
    assertThat(GreedyChoice.solve(problem).proven()).isTrue();
  }

  @Test
  void budgetsBelowTheCheapestAreRefused() {
    assertThatThrownBy(() -> new ChoiceProblem(List.of(List.of(new ChoiceProblem.Option(5, 3))), 4))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("1.25 times");
  }

  private static ChoiceProblem random(long seed, int items) {
    Random random = new Random(seed);
    List<List<ChoiceProblem.Option>> all = new ArrayList<>();
    long least = 0;
    long most = 0;
    for (int i = 0; i < items; i++) {
      List<ChoiceProblem.Option> options = new ArrayList<>();
      int count = 1 + random.nextInt(4);
      long dearest = 0;
      long cheapest = Long.MAX_VALUE;
      for (int k = 0; k < count; k++) {
        long cost = 1 + random.nextInt(30);
        options.add(
            new ChoiceProblem.Option(cost, random.nextInt(5) == 0 ? 0 : random.nextDouble()));
        dearest = Math.max(dearest, cost);
        cheapest = Math.min(cheapest, cost);
      }
      least += cheapest;
      most += dearest;
      all.add(options);
    }
    return new ChoiceProblem(all, least + (long) (random.nextDouble() * (most - least)));
  }

  private static double best(ChoiceProblem problem) {
    int[] chosen = new int[problem.items().size()];
    double best = Double.POSITIVE_INFINITY;
    while (true) {
      if (problem.cost(chosen) <= problem.budget()) {
        best = Math.min(best, problem.damage(chosen));
      }
      int i = 0;
      while (i < chosen.length && ++chosen[i] == problem.items().get(i).size()) {
        chosen[i++] = 0;
      }
      if (i == chosen.length) {
        return best;
      }
    }
  }
}
