package org.viditq.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.InputSpec.Axis;
import org.viditq.core.tensor.Tensor;

class CheckedInputsTest {
  private static final List<InputSpec> SPECS =
      List.of(
          InputSpec.of("latents", Axis.BATCH, Axis.fixed(4), Axis.HEIGHT, Axis.WIDTH),
          InputSpec.of("timesteps", Axis.BATCH),
          InputSpec.of("text", Axis.BATCH, Axis.TOKENS, Axis.fixed(24)),
          InputSpec.optional("mask", Axis.BATCH, Axis.TOKENS));

  @Test
  void fittingInputsComeThrough() {
    Tensor latents = Tensor.zeros(2, 4, 6, 8);
    Tensor text = Tensor.zeros(2, 5, 24);
    Tensor mask = Tensor.zeros(2, 5);
    CheckedInputs<Tensor> inputs = inputs(Map.of("latents", latents, "text", text, "mask", mask));
    assertThat(inputs.get("latents")).isSameAs(latents);
    assertThat(inputs.find("mask")).containsSame(mask);
    assertThat(inputs.get("text")).isSameAs(text);
  }

  @Test
  void inputsThatAreLeftOutAreEmptyOrNamed() {
    CheckedInputs<Tensor> inputs = inputs(Map.of());
    assertThat(inputs.find("mask")).isEmpty();
    assertThatThrownBy(() -> inputs.get("text"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("text");
  }

  @Test
  void rankAndKnownExtentsAreHeld() {
    assertRefused(Map.of("latents", Tensor.zeros(2, 3, 6, 8)), "latents", "4", "[2, 3, 6, 8]");
    assertRefused(Map.of("latents", Tensor.zeros(2, 4, 1, 6, 8)), "latents", "[2, 4, 1, 6, 8]");
    assertRefused(Map.of("text", Tensor.zeros(2, 5, 25)), "text", "24", "[2, 5, 25]");
    assertRefused(Map.of("text", Tensor.zeros(2, 24)), "text", "[2, 24]");
  }

  @Test
  void extentsOfOneNameAreEqual() {
    CheckedInputs<Tensor> inputs =
        inputs(
            Map.of(
                "latents", Tensor.zeros(2, 4, 6, 8),
                "timesteps", Tensor.zeros(3),
                "text", Tensor.zeros(2, 5, 24),
                "mask", Tensor.zeros(2, 6)));
    inputs.get("latents");
    assertThatThrownBy(() -> inputs.get("timesteps"))
        .isInstanceOf(ShapeException.class)
        .hasMessage("Test takes timesteps [batch 2] here, but got [3].");
    inputs.get("text");
    assertThatThrownBy(() -> inputs.find("mask"))
        .isInstanceOf(ShapeException.class)
        .hasMessage("Test takes mask [batch 2, tokens 5] here, but got [2, 6].");
  }

  @Test
  void inputsWithoutElementsAreRefused() {
    assertRefused(Map.of("latents", Tensor.zeros(0, 4, 6, 8)), "latents", "[0, 4, 6, 8]");
  }

  private static void assertRefused(Map<String, Tensor> values, String name, String... parts) {
    assertThatThrownBy(() -> inputs(values).get(name))
        .isInstanceOf(ShapeException.class)
        .hasMessageContainingAll(name)
        .hasMessageContainingAll(parts);
  }

  private static CheckedInputs<Tensor> inputs(Map<String, Tensor> values) {
    return new CheckedInputs<>(
        "Test", SPECS, name -> Optional.ofNullable(values.get(name)), Tensor::shape);
  }
}
