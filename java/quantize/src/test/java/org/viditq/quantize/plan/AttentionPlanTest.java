package org.viditq.quantize.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.InvalidPlanException;
import org.viditq.core.model.AttentionPrecisions;
import org.viditq.core.model.LinearLayer.Type;
import org.viditq.core.operators.AttentionPrecision;

/** The key {@code attention} of the product's own plans. */
class AttentionPlanTest {
  private static QuantizationPlan plan(String attention) {
    String yaml = "weight: {bits: 8}\n" + attention;
    return new PlanReader().parse(yaml.getBytes(StandardCharsets.UTF_8), "plan", "plan.yaml");
  }

  @Test
  void isFloatUnlessItSaysOtherwise() {
    assertThat(plan("").attention()).isEqualTo(AttentionPrecisions.FLOAT);
    assertThat(plan("attention: fp32\n").attention()).isEqualTo(AttentionPrecisions.FLOAT);
  }

  @Test
  void takesOnePrecisionForAllKinds() {
    assertThat(plan("attention: int8\n").attention())
        .isEqualTo(AttentionPrecisions.all(AttentionPrecision.INT8));
  }

  @Test
  void takesOnePrecisionPerKind() {
    AttentionPrecisions attention = plan("attention: {self: int8, cross: bf16}\n").attention();
    assertThat(attention.of(Type.SELF_ATTENTION)).isEqualTo(AttentionPrecision.INT8);
    assertThat(attention.of(Type.TEMPORAL_ATTENTION)).isEqualTo(AttentionPrecision.FP32);
    assertThat(attention.of(Type.CROSS_ATTENTION)).isEqualTo(AttentionPrecision.BF16);
    assertThat(attention.of(Type.FEED_FORWARD)).isEqualTo(AttentionPrecision.FP32);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "attention: int4\n",
        "attention: [int8]\n",
        "attention: 8\n",
        "attention: {self: fp16}\n",
        "attention: {own: int8}\n"
      })
  void refusesWhatItDoesNotKnow(String attention) {
    assertThatThrownBy(() -> plan(attention))
        .isInstanceOf(InvalidPlanException.class)
        .hasMessageContaining("plan.yaml")
        .hasMessageContaining("attention");
  }

  @Test
  void countsAmongWhatAPlanSays() {
    String without = PlanIdentity.of(plan(""));
    assertThat(PlanIdentity.of(plan("attention: fp32\n"))).isEqualTo(without);
    assertThat(PlanIdentity.of(plan("attention: int8\n"))).isNotEqualTo(without);
    assertThat(PlanIdentity.of(plan("attention: {self: int8}\n")))
        .isNotEqualTo(PlanIdentity.of(plan("attention: int8\n")));
  }
}
