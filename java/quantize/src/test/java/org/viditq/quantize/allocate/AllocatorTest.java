package org.viditq.quantize.allocate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.error.UsageException;
import org.viditq.quantize.plan.PlanReader;
import org.viditq.quantize.plan.PlanTemplate;
import org.viditq.quantize.plan.QuantizationPlan;
import org.viditq.quantize.plan.StepBitMap;
import org.viditq.quantize.sensitivity.SensitivityTable;
import org.viditq.quantize.sensitivity.Tables;

class AllocatorTest {
  private static final List<Integer> BITS = List.of(8, 6, 4);

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"1, 1, 5", "2, 2, 6", "3, 4, 6.5", "4, 3, 4", "5, 2, 8"})
  void theBudgetIsKeptAndUsed(long seed, int ranges, double bits) {
    SensitivityTable table = Tables.random(seed, 12, ranges, BITS);
    for (Allocator.Ranking ranking : Allocator.Ranking.values()) {
      Allocation allocation =
          new Allocator(table, Budget.ofAverageBits(bits), false).allocate(ranking);
      assertThat(allocation.averageBits()).isBetween(bits - 0.5, bits);
      assertThat(allocation.widths()).hasDimensions(12, ranges);
      for (Allocation.Group group : allocation.groups()) {
        assertThat(group.used()).isLessThanOrEqualTo(group.budget());
        assertThat(group.damage()).isBetween(group.bound() - 1e-6, group.greedyDamage() + 1e-12);
      }
    }
  }

  @Test
  void aGroupUsesWhatTheSquaredErrorLeavesIt() {
    SensitivityTable table = Tables.random(7, 16, 2, BITS);
    Budget budget = Budget.ofAverageBits(6);
    Allocation mse = new Allocator(table, budget, false).allocate(Allocator.Ranking.MSE);
    Allocation own = new Allocator(table, budget, false).allocate(Allocator.Ranking.DECOUPLED);
    assertThat(own.groups().stream().map(Allocation.Group::metric))
        .containsExactly("ssim", "scene-alignment", "warping-error");
    for (Allocation.Group group : own.groups()) {
      assertThat(group.budget()).isEqualTo(bits(mse, group.metric()));
      assertThat(group.used()).isEqualTo(bits(own, group.metric()));
      // By its own metric no group is worse off than under the squared error.
      assertThat(damage(own, group.metric()))
          .isLessThanOrEqualTo(damage(mse, group.metric()) * (1 + 2e-3) + 1e-9);
    }
  }

  @Test
  void moreBudgetIsNeverWorse() {
    SensitivityTable table = Tables.random(8, 10, 2, BITS);
    double previous = Double.POSITIVE_INFINITY;
    for (double bits = 4; bits <= 8; bits += 0.5) {
      double damage =
          new Allocator(table, Budget.ofAverageBits(bits), false)
              .allocate(Allocator.Ranking.MSE)
              .groups()
              .get(0)
              .damage();
      assertThat(damage).isLessThanOrEqualTo(previous + 1e-6);
      previous = damage;
    }
  }

  @Test
  void equalWidthsInNeighbouringRangesShareTheirBytes() {
    SensitivityTable table = Tables.random(3, 1, 3, BITS);
    StoredBytes stored = new StoredBytes(table);
    SensitivityTable.Unit unit = table.units().get(0);
    long eight = sum(unit, 8);
    long four = sum(unit, 4);
    assertThat(stored.of(unit, new int[] {8, 8, 8})).isEqualTo(eight);
    assertThat(stored.of(unit, new int[] {4, 8, 8})).isEqualTo(four + eight);
    assertThat(stored.of(unit, new int[] {8, 4, 8})).isEqualTo(2 * eight + four);
  }

  @Test
  void balancingInRangesNeedsASetForEach() {
    String plan = "weight: {bits: 4}\nbalance: {alpha: 0.3, ranges: [[0, 499], [500, 1000]]}\n";
    SensitivityTable table = Tables.random(3, 1, 2, BITS, plan);
    StoredBytes stored = new StoredBytes(table);
    SensitivityTable.Unit unit = table.units().get(0);
    assertThat(stored.of(unit, new int[] {8, 8})).isEqualTo(2 * sum(unit, 8));
    assertThat(stored.of(unit, new int[] {8, 4})).isEqualTo(sum(unit, 8) + sum(unit, 4));
    // A cut within a range.
    SensitivityTable one = Tables.random(3, 1, 1, BITS, plan);
    assertThat(new StoredBytes(one).of(one.units().get(0), new int[] {8}))
        .isEqualTo(2 * sum(one.units().get(0), 8));
  }

  @Test
  void bytesAreABudgetToo() {
    SensitivityTable table = Tables.random(4, 12, 2, BITS);
    long whole = 0;
    for (SensitivityTable.Unit unit : table.units()) {
      whole += sum(unit, 8);
    }
    Allocation allocation =
        new Allocator(table, Budget.ofBytes(whole * 3 / 4), false)
            .allocate(Allocator.Ranking.DECOUPLED);
    assertThat(allocation.bytes()).isBetween(whole / 2, whole * 3 / 4);
  }

  @Test
  void thePlanSaysWhatWasAllocated() throws Exception {
    SensitivityTable table = Tables.random(5, 6, 2, BITS);
    Allocation allocation =
        new Allocator(table, Budget.ofAverageBits(6), false).allocate(Allocator.Ranking.DECOUPLED);
    Path file = folder.resolve("mine.yaml");
    Files.writeString(file, AllocatedPlan.yaml(allocation, "mine", "For a test."));
    QuantizationPlan plan = new PlanReader().read(file);
    assertThat(plan.name()).isEqualTo("mine");
    assertThat(plan.candidates()).containsExactly(4, 6, 8);
    StepBitMap map = plan.weightBits().orElseThrow();
    assertThat(map.parts()).hasSize(2);
    for (int range = 0; range < 2; range++) {
      assertThat(map.parts().get(range).timesteps().contains(range == 0 ? 10 : 990)).isTrue();
      for (int unit = 0; unit < 6; unit++) {
        int bits = allocation.widths()[unit][range];
        for (SensitivityTable.Layer layer : table.units().get(unit).layers()) {
          assertThat(map.parts().get(range).bits()).containsEntry(layer.name(), bits);
        }
      }
    }

    Path published = folder.resolve("map.yaml");
    Files.writeString(published, AllocatedPlan.publishedMap(allocation));
    assertThat(Files.readString(published)).startsWith("19-10:").contains("\n9-0:");
    assertThat(PlanReader.isMap(published)).isTrue();
    StepBitMap read = new PlanReader().readMap(published);
    assertThat(read.parts().get(0).bits().keySet())
        .isEqualTo(
            table.units().stream()
                .flatMap(unit -> unit.layers().stream())
                .flatMap(layer -> layer.published().stream())
                .collect(Collectors.toSet()));
  }

  @Test
  void incompleteSensitivitiesAreRefused() {
    SensitivityTable table = Tables.random(5, 3, 1, BITS);
    SensitivityTable lacking =
        new SensitivityTable(
            table.facts(),
            table.planName(),
            table.planYaml(),
            table.steps(),
            table.ranges(),
            table.bits(),
            table.metrics(),
            table.units(),
            table.results().subList(1, table.results().size()));
    assertThatThrownBy(() -> new Allocator(lacking, Budget.ofAverageBits(6), false))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("unit 0 with 8 bits");
  }

  @Test
  void budgetsThatCannotBeAreRefused() {
    SensitivityTable table = Tables.random(5, 3, 1, BITS);
    assertThatThrownBy(
            () ->
                new Allocator(table, Budget.ofAverageBits(3), false)
                    .allocate(Allocator.Ranking.MSE))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("budget is too small");
    assertThatThrownBy(() -> Budget.ofAverageBits(Double.NaN)).isInstanceOf(UsageException.class);
    assertThatThrownBy(() -> Budget.ofBytes(0)).isInstanceOf(UsageException.class);
    assertThatThrownBy(
            () -> new Allocator(Tables.random(5, 1, 20, BITS), Budget.ofBytes(99), false))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("too many");
  }

  @Test
  void templatesKeepAllOtherKeys() {
    PlanTemplate template =
        PlanTemplate.of(
            "weight: {bits: 8, symmetric: true}\n"
                + "activation: {bits: 6}\n"
                + "exclude: [proj]\n"
                + "layers:\n  - {match: mlp, weight_bits: 4, activation_bits: 8}\n"
                + "mixed_precision: {candidates: [4, 8], weight: {0: {a: 4}}}\n",
            "mine",
            "a test");
    QuantizationPlan plan = template.withWeightBits(5);
    assertThat(plan.weight().bits()).isEqualTo(5);
    assertThat(plan.weight().symmetric()).isTrue();
    assertThat(plan.activation().format().bits()).isEqualTo(6);
    assertThat(plan.keepFullPrecision()).containsExactly("proj");
    assertThat(plan.weightBits()).isEmpty();
    assertThat(plan.overrides().get(0).weightBits()).isEmpty();
    assertThat(plan.overrides().get(0).activationBits()).contains(8);
    assertThat(PlanTemplate.find("w4a8").withWeightBits(8).balancing()).isPresent();
    assertThatThrownBy(() -> PlanTemplate.of("quant: {}", "p", "a test"))
        .hasMessageContaining("own form");
  }

  private static long sum(SensitivityTable.Unit unit, int bits) {
    return unit.layers().stream().mapToLong(layer -> layer.bytes().get(bits)).sum();
  }

  private static long bits(Allocation allocation, String metric) {
    long bits = 0;
    for (int unit = 0; unit < allocation.widths().length; unit++) {
      SensitivityTable.Unit one = allocation.table().units().get(unit);
      if (one.metric().equals(metric)) {
        for (int width : allocation.widths()[unit]) {
          bits += width * one.weights();
        }
      }
    }
    return bits;
  }

  private static double damage(Allocation allocation, String metric) {
    Damages damages = new Damages(allocation.table());
    double damage = 0;
    for (int unit = 0; unit < allocation.widths().length; unit++) {
      if (allocation.table().units().get(unit).metric().equals(metric)) {
        for (int range = 0; range < allocation.widths()[unit].length; range++) {
          damage += damages.of(unit, range, allocation.widths()[unit][range], metric);
        }
      }
    }
    return damage;
  }
}
