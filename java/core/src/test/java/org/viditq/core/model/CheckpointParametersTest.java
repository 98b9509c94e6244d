package org.viditq.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.checkpoint.MemoryCheckpoint;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.PrefixedCheckpoint;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.operators.ConvolutionParameters;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

class CheckpointParametersTest {
  private static StoredTensor ones(String name, int... dims) {
    return MemoryTensor.of(name, Tensor.full(1, dims), DType.F16);
  }

  private static CheckpointParameters parameters(StoredTensor... tensors) {
    return new CheckpointParameters(new MemoryCheckpoint("test.safetensors", List.of(tensors)));
  }

  @Test
  void linearWithAndWithoutBias() {
    CheckpointParameters parameters =
        parameters(ones("a.weight", 3, 2), ones("a.bias", 3), ones("b.weight", 4, 2));
    LinearParameters a = parameters.linear("a", 2, 3);
    assertThat(a.name()).isEqualTo("a");
    assertThat(a.bias()).isPresent();
    assertThat(((DenseLinearParameters) a).weight().dtype()).isEqualTo(DType.F16);
    assertThat(parameters.linear("b", 2, 4).bias()).isEmpty();
  }

  @Test
  void namesBelowPrefixesAreQualified() {
    CheckpointParameters parameters = parameters(ones("blocks.0.to_q.weight", 3, 2));
    Parameters below = parameters.under("blocks.").under("0.");
    assertThat(below.contains("to_q.weight")).isTrue();
    assertThat(below.linear("to_q", 2, 3).name()).isEqualTo("blocks.0.to_q");
  }

  @Test
  void convolutionHasItsKernel() {
    CheckpointParameters parameters =
        parameters(ones("proj.weight", 8, 4, 2, 2), ones("proj.bias", 8));
    ConvolutionParameters convolution =
        parameters.convolution(
            "proj", 4, 8, new int[] {2, 2}, new int[] {2, 2}, new int[2], new int[2]);
    assertThat(convolution.weight().shape()).isEqualTo(Shape.of(8, 4, 2, 2));
    assertThat(convolution.bias()).isPresent();
    assertThatThrownBy(
            () ->
                parameters.convolution(
                    "proj", 4, 8, new int[] {3, 3}, new int[] {1, 1}, new int[2], new int[2]))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContainingAll("proj.weight", "[8, 4, 2, 2]", "[8, 4, 3, 3]");
  }

  @Test
  void missingTensorIsNamed() {
    assertThatThrownBy(() -> parameters().under("a.").linear("b", 2, 3))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContainingAll("a.b.weight", "test.safetensors");
    assertThatThrownBy(() -> parameters().tensor("table", 2))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining("table");
  }

  @Test
  void wrongShapeIsNamedWithBothShapes() {
    assertThatThrownBy(() -> parameters(ones("a.weight", 2, 3)).linear("a", 2, 3))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContainingAll("a.weight", "[2, 3]", "[3, 2]", "test.safetensors");
    assertThatThrownBy(
            () -> parameters(ones("a.weight", 3, 2), ones("a.bias", 2)).linear("a", 2, 3))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContainingAll("a.bias", "[2]", "[3]");
    assertThatThrownBy(() -> parameters(ones("t", 3)).stored("t", 4))
        .isInstanceOf(InvalidCheckpointException.class);
  }

  @Test
  void integerWeightsAreRefused() {
    assertThatThrownBy(
            () ->
                parameters(MemoryTensor.ofBytes("a.weight", DType.I8, Shape.of(1, 2), new byte[2]))
                    .linear("a", 2, 1))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContainingAll("a.weight", "I8");
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void nonFiniteWeightsNameTheLayerEveryTime(float bad) {
    StoredTensor weight = MemoryTensor.of("a.b.weight", Tensor.of(new float[] {1, bad}, 1, 2));
    CheckpointParameters parameters = parameters(weight, ones("table", 1));
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> parameters.linear("a.b", 2, 1))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContainingAll("Layer a.b ", "a.b.weight", "test.safetensors");
    }
    assertThatThrownBy(() -> parameters.tensor("a.b.weight", 1, 2))
        .isInstanceOf(NonFiniteException.class);
    assertThat(parameters.stored("a.b.weight", 1, 2).toTensor().data()[1])
        .isEqualTo(Float.valueOf(bad));
  }

  @Test
  void nonFiniteBiasNamesTheLayer() {
    StoredTensor bias = MemoryTensor.of("a.bias", Tensor.of(new float[] {Float.NaN}, 1));
    assertThatThrownBy(() -> parameters(ones("a.weight", 1, 2), bias).linear("a", 2, 1))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContainingAll("Layer a ", "a.bias");
  }

  @Test
  void unusedTensorsAreListedInFileOrder() {
    CheckpointParameters parameters =
        parameters(ones("z", 1), ones("a.weight", 1, 1), ones("a.bias", 1), ones("b", 1));
    assertThat(parameters.unused()).containsExactly("z", "a.weight", "a.bias", "b");
    parameters.under("a").linear("", 1, 1);
    assertThat(parameters.unused()).containsExactly("z", "b");
    parameters.tensor("b", 1);
    parameters.stored("z", 1);
    assertThat(parameters.unused()).isEmpty();
  }

  @Test
  void prefixedCheckpointGivesNamesOfTheModel() {
    MemoryCheckpoint whole =
        new MemoryCheckpoint(
            "all.safetensors", List.of(ones("text.a.weight", 3, 2), ones("vae.x", 1)));
    try (PrefixedCheckpoint text = new PrefixedCheckpoint(whole, "text.")) {
      assertThat(text.names()).containsExactly("a.weight");
      assertThat(text.get("a.weight").name()).isEqualTo("a.weight");
      assertThat(new CheckpointParameters(text).linear("a", 2, 3).name()).isEqualTo("a");
      assertThatThrownBy(() -> text.get("vae.x"))
          .isInstanceOf(InvalidCheckpointException.class)
          .hasMessageContainingAll("vae.x", "all.safetensors", "text.");
    }
    assertThat(whole.metadata()).isEqualTo(Map.of());
    assertThat(Optional.of(whole.get("vae.x").toTensor().size())).contains(1);
  }
}
