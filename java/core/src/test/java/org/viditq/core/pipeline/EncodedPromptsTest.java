package org.viditq.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.viditq.core.model.InputNames;
import org.viditq.core.tensor.Tensor;

class EncodedPromptsTest {
  private static final Tensor PROMPT_MASK = Tensor.of(new float[] {1, 1, 0, 1, 0, 0}, 2, 3);

  @Test
  void negativesTakeTheMaskOfTheirPrompt() {
    EncodedPrompts masked =
        prompts(Optional.of(text(1, Tensor.of(new float[] {1, 1, 1}, 1, 3)))).withMaskOfPrompt();
    Conditions negative = masked.negative().orElseThrow();
    assertThat(negative.count()).isEqualTo(2);
    assertThat(negative.get(InputNames.MASK).data()).isEqualTo(PROMPT_MASK.data());
    assertThat(negative.get(InputNames.TEXT).data()).containsOnly(1);
    assertThat(masked.positive().get(InputNames.MASK).data()).isEqualTo(PROMPT_MASK.data());
    assertThat(masked.select(List.of(1)).negative().orElseThrow().get(InputNames.MASK).data())
        .containsExactly(1, 0, 0);
  }

  @Test
  void promptsWithoutNegativesOrMasksStayAsTheyAre() {
    EncodedPrompts unguided = prompts(Optional.empty());
    assertThat(unguided.withMaskOfPrompt()).isEqualTo(unguided);
    Conditions labels = new Conditions(Map.of(InputNames.LABELS, Tensor.full(3, 1)));
    EncodedPrompts classes = new EncodedPrompts(List.of("3"), labels, Optional.of(labels));
    assertThat(classes.withMaskOfPrompt()).isSameAs(classes);
  }

  private static EncodedPrompts prompts(Optional<Conditions> negative) {
    return new EncodedPrompts(List.of("a", "b"), text(2, PROMPT_MASK), negative);
  }

  private static Conditions text(int count, Tensor mask) {
    return new Conditions(
        Map.of(InputNames.TEXT, Tensor.full(1, count, 3, 4), InputNames.MASK, mask));
  }
}
