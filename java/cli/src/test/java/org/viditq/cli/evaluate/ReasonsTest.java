package org.viditq.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.viditq.cli.picture.PictureComparison;
import org.viditq.cli.picture.PictureScores;
import org.viditq.quantize.apply.StoredSize;
import org.viditq.quantize.plan.BuiltInPlans;

class ReasonsTest {
  private static final double INFINITE = Double.POSITIVE_INFINITY;

  private static final EvaluatedPlan ORIGINAL =
      new EvaluatedPlan(
          Optional.empty(),
          new StoredSize(1000, 1000, 0, 0),
          List.of(),
          Optional.empty(),
          Optional.empty(),
          1,
          OptionalLong.empty());

  @Test
  void staticGridsAreBlamedWhereADynamicPlanIsClearlyBetter() {
    EvaluatedPlan naive = plan("w8a8-naive", 1, 17, 18);
    EvaluatedPlan dynamic = plan("w8a8", 1, 30, 31);
    Reasons reasons =
        reasons(Optional.of(new OutlierChannels("blocks.3.fc1", 180)), naive, dynamic);
    assertThat(reasons.ofPsnr(naive)).isEqualTo("static grids span outlier channels");
    assertThat(reasons.ofPsnr(dynamic)).isEmpty();
    assertThat(reasons.sentences().get(0))
        .contains("w8a8-naive is 13.0 dB below w8a8")
        .contains("blocks.3.fc1 reaches 180 times the median");
  }

  @Test
  void outliersThatAreNotThereAreNotBlamed() {
    EvaluatedPlan naive = plan("w8a8-naive", 1, 25, 26);
    Reasons reasons =
        reasons(Optional.of(new OutlierChannels("a", 2)), naive, plan("w8a8", 1, 30, 31));
    assertThat(reasons.ofPsnr(naive)).isEqualTo("static grids, made before the run");
    assertThat(reasons.sentences().get(0)).doesNotContain("outlier");
    assertThat(reasons(Optional.empty(), naive, plan("w8a8", 1, 26, 27)).ofPsnr(naive)).isEmpty();
  }

  @Test
  void severalSetsOfCodesExplainTheSize() {
    EvaluatedPlan aware = plan("w4a8", 1, 30, 31);
    Reasons reasons = reasons(Optional.empty(), aware, plan("w4a8-dynamic", 1, 22, 23));
    assertThat(reasons.ofSize(aware)).isEqualTo("2 sets of codes, one per timestep range");
    assertThat(reasons.ofSize(plan("w6a6", 1, 30, 31))).isEqualTo("6-bit codes take a byte each");
    assertThat(reasons.ofSize(ORIGINAL)).isEmpty();
    assertThat(reasons.sentences()).anyMatch(sentence -> sentence.startsWith("w4a8 balances each"));
  }

  @Test
  void balancingExplainsFewerBitsAndABetterPicture() {
    Reasons reasons = reasons(Optional.empty(), plan("w8a8", 1, 24, 25), plan("w6a6", 1, 36, 37));
    assertThat(reasons.sentences().get(0)).startsWith("w6a6 is better than w8a8 with fewer bits");
  }

  @Test
  void equalPicturesAreCountedAndNotAveraged() {
    EvaluatedPlan some = plan("w8a8", 1, INFINITE, 40);
    EvaluatedPlan all = plan("w8a8", 1, INFINITE, INFINITE);
    Reasons reasons = reasons(Optional.empty(), some, all);
    assertThat(some.psnr().mean()).isEqualTo(40);
    assertThat(reasons.ofPsnr(some)).isEqualTo("1 equal to the last bit, not in the mean");
    assertThat(reasons.ofPsnr(all)).isEqualTo("every picture is equal to the last bit");
    assertThat(reasons.sentences()).anyMatch(sentence -> sentence.contains("1 of 2 pictures"));
  }

  @Test
  void slownessIsExplainedByWhatComputes() {
    EvaluatedPlan slow = plan("w8a8", 2, 40, 41);
    assertThat(reasons(Optional.empty(), slow).ofTime(slow)).isEqualTo("layers too small to gain");
    assertThat(new Reasons(List.of(ORIGINAL, slow), Optional.empty(), "reference").ofTime(slow))
        .startsWith("plain Java");
    EvaluatedPlan fast = plan("w8a8", 0.4, 40, 41);
    assertThat(reasons(Optional.empty(), fast).ofTime(fast)).isEmpty();
  }

  private static Reasons reasons(Optional<OutlierChannels> outliers, EvaluatedPlan... plans) {
    List<EvaluatedPlan> all = new ArrayList<>(List.of(ORIGINAL));
    all.addAll(List.of(plans));
    return new Reasons(all, outliers, "native");
  }

  private static EvaluatedPlan plan(String name, double seconds, double... psnr) {
    return new EvaluatedPlan(
        Optional.of(BuiltInPlans.get(name)),
        new StoredSize(1000, 300, 900, 280),
        List.of(),
        Optional.of(
            new PictureScores(
                Arrays.stream(psnr).mapToObj(value -> new PictureComparison(value, 0.9)).toList())),
        Optional.empty(),
        seconds,
        OptionalLong.of(1 << 28));
  }
}
