package org.viditq.quantize.allocate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.UsageException;
import org.viditq.quantize.sensitivity.SensitivityTable;
import org.viditq.quantize.sensitivity.Tables;

class CostModelTest {
  /** Twice the weights take twice as long; the slower kernels do not count. */
  private static final String MEASURED =
      """
      {"shapes": [
        {"shape": "64x100x10", "results": [
          {"name": "int8-avx2", "medianMillis": 9}, {"name": "int8-avx512", "medianMillis": 4},
          {"name": "int4-avx512", "medianMillis": 3}, {"name": "oneDNN f32", "medianMillis": 0.1}]},
        {"shape": "64x100x20", "results": [
          {"name": "int8-avx512", "medianMillis": 8}, {"name": "int4-avx512", "medianMillis": 6}]}]}
      """;

  @TempDir private Path folder;

  private CostModel read(String text) throws IOException {
    return CostModel.read(Files.writeString(folder.resolve("gemm.json"), text));
  }

  @Test
  void secondsAreProportionalToWeights() throws IOException {
    CostModel costs = read(MEASURED);
    assertThat(costs.rows()).isEqualTo(64);
    assertThat(costs.seconds(1000, 8)).isCloseTo(4e-3, within(1e-12));
    assertThat(costs.seconds(1000, 6)).isCloseTo(4e-3, within(1e-12));
    assertThat(costs.seconds(3000, 4)).isCloseTo(9e-3, within(1e-12));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[",
        "{}",
        "{\"shapes\": [{\"shape\": \"ax1x1\"}]}",
        "{\"shapes\": [{\"shape\": \"1x0x0\", \"results\": []}]}",
        "{\"shapes\": [{\"shape\": \"1x1x1\", \"results\": [{\"name\": \"int4-a\", \"medianMillis\": -1}]}]}"
      })
  void whatIsNoMeasurementIsRefused(String text) {
    assertThatThrownBy(() -> read(text))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("viditq bench gemm");
  }

  @Test
  void shapesHaveTheSameRows() {
    assertThatThrownBy(() -> read(MEASURED.replace("64x100x20", "32x100x20")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("64 and of 32 rows");
  }

  @Test
  void damagedFilesAreRefusedInASentence() throws IOException {
    Random random = new Random(11);
    for (int i = 0; i < 500; i++) {
      char[] text = MEASURED.toCharArray();
      for (int j = 0; j <= random.nextInt(4); j++) {
        text[random.nextInt(text.length)] = (char) (32 + random.nextInt(95));
      }
      try {
        CostModel costs = read(new String(text));
        assertThat(costs.narrow()).isPositive();
        assertThat(costs.wide()).isPositive();
      } catch (UsageException refused) {
        assertThat(refused).hasMessageContaining("gemm.json");
      }
    }
  }

  @Test
  void theBudgetIsKeptAndUsed() throws IOException {
    CostModel costs = read(MEASURED);
    SensitivityTable table = Tables.random(5, 12, 2, List.of(8, 4));
    long weights = table.units().stream().mapToLong(SensitivityTable.Unit::weights).sum();
    double narrowest = costs.seconds(weights, 4);
    double widest = costs.seconds(weights, 8);
    double budget = (narrowest + widest) / 2;
    for (Allocator.Ranking ranking : Allocator.Ranking.values()) {
      Allocation allocation =
          new Allocator(table, Budget.ofSeconds(budget, costs), false).allocate(ranking);
      assertThat(costs.seconds(allocation)).isBetween(0.9 * budget, budget * (1 + 1e-9));
    }
    assertThatThrownBy(
            () ->
                new Allocator(table, Budget.ofSeconds(0.9 * narrowest, costs), false)
                    .allocate(Allocator.Ranking.MSE))
        .isInstanceOf(UsageException.class);
    assertThatThrownBy(() -> Budget.ofSeconds(Double.NaN, costs))
        .isInstanceOf(UsageException.class);
  }
}
