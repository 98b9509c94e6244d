package org.viditq.cpp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.error.BackendException;
import org.viditq.core.operators.ConvolutionParameters;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Tensor;

/** Lifetime of values, reuse of their memory, and that nothing is left behind. */
class NativeMemoryTest {
  private long before;
  private NativeOperators operators;

  @BeforeEach
  void open() {
    before = NativeLibrary.allocatedBytes();
    operators = new NativeOperators(2, InstructionSet.choose());
  }

  @AfterEach
  void nothingIsLeft() {
    operators.close();
    operators.close(); // idempotent
    assertThat(NativeLibrary.allocatedBytes()).isEqualTo(before);
  }

  @Test
  void scopeReleasesItsValuesButNotThoseKept() {
    NativeTensor outside = operators.constant(Tensor.full(1, 3));
    NativeTensor kept;
    NativeTensor dropped;
    try (Scope<NativeTensor> scope = operators.scope()) {
      dropped = operators.scale(outside, 2);
      kept = scope.keep(operators.scale(outside, 3));
    }
    assertThat(operators.read(kept).data()).containsExactly(3, 3, 3);
    assertThat(operators.read(outside).data()).containsExactly(1, 1, 1);
    assertThatThrownBy(() -> operators.add(outside, dropped))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("[3]")
        .hasMessageContaining("released with its scope");
  }

  @Test
  void keptValueBelongsToTheScopeAround() {
    NativeTensor value;
    try (Scope<NativeTensor> outer = operators.scope()) {
      try (Scope<NativeTensor> inner = operators.scope()) {
        value = inner.keep(operators.constant(Tensor.full(1, 2)));
      }
      assertThat(operators.read(value).data()).containsExactly(1, 1);
    }
    assertThatThrownBy(() -> operators.read(value)).isInstanceOf(BackendException.class);
  }

  @Test
  void scopeEndsThoseForgottenInside() {
    try (Scope<NativeTensor> outer = operators.scope()) {
      operators.scope(); // never closed
      operators.constant(Tensor.zeros(1000));
    }
    NativeTensor after = operators.constant(Tensor.full(2, 1));
    assertThat(operators.read(after).data()).containsExactly(2);
  }

  @Test
  void viewsShareTheirValuesAndOutliveEachOther() {
    NativeTensor whole = operators.constant(Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2));
    NativeTensor reshaped = operators.reshape(whole, 6);
    NativeTensor row = operators.slice(whole, 0, 1, 2);
    whole.close();
    whole.close(); // idempotent: the others keep the block
    operators.constant(Tensor.zeros(3, 2));
    assertThat(operators.read(reshaped).data()).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(operators.read(row).data()).containsExactly(3, 4);
  }

  @Test
  void secondStepAllocatesNothing() {
    Linear layer =
        operators.prepare(
            new DenseLinearParameters(
                "layer", MemoryTensor.of("w", Tensor.full(0.1f, 40, 30)), Optional.empty()));
    NativeTensor x = operators.constant(Tensor.full(1, 2, 50, 30));
    step(x, layer);
    long afterFirst = NativeLibrary.allocatedBytes();
    long activations = operators.activationBytes();
    for (int i = 0; i < 3; i++) {
      step(x, layer);
      assertThat(NativeLibrary.allocatedBytes()).isEqualTo(afterFirst);
      assertThat(operators.activationBytes()).isEqualTo(activations);
    }
  }

  private void step(NativeTensor x, Linear layer) {
    try (Scope<NativeTensor> scope = operators.scope()) {
      NativeTensor h = operators.linear(x, layer);
      h = operators.concat(List.of(h, h), 1);
      operators.attention(h, h, h, 4, 1, Optional.empty());
    }
  }

  @Test
  void closeReleasesPreparedLayers() {
    operators.prepare(
        new DenseLinearParameters(
            "dense", MemoryTensor.of("w", Tensor.full(1, 7, 5)), Optional.of(Tensor.zeros(7))));
    operators.prepare(
        new ConvolutionParameters(
            "conv",
            MemoryTensor.of("w", Tensor.full(1, 2, 3, 3, 3)),
            Optional.of(Tensor.zeros(2)),
            new int[] {1, 1},
            new int[] {1, 1},
            new int[] {1, 1}));
    assertThat(NativeLibrary.allocatedBytes()).isGreaterThan(before);
  }

  @Test
  void closedOperatorsRefuseToCompute() {
    NativeTensor x = operators.constant(Tensor.zeros(3));
    operators.close();
    assertThatThrownBy(() -> operators.scale(x, 2)).isInstanceOf(BackendException.class);
    assertThatThrownBy(() -> operators.constant(Tensor.zeros(3)))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("closed");
  }
}
