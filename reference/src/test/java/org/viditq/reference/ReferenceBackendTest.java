package org.viditq.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.viditq.reference.TestData.dense;
import static org.viditq.reference.TestData.normal;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.UsageException;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Backend;
import org.viditq.core.operators.Backends;
import org.viditq.core.operators.Operators;

class ReferenceBackendTest {
  @Test
  void isFoundByName() {
    Backend backend = Backends.find("reference");
    assertThat(backend).isInstanceOf(ReferenceBackend.class);
    assertThat(backend.priority()).isZero();
    assertThat(backend.unavailable()).isEmpty();
    try (Operators<?> operators = backend.open(2)) {
      assertThat(operators).isInstanceOf(ReferenceOperators.class);
    }
  }

  @Test
  void isTheChoiceWhereItIsAlone() {
    assertThat(Backends.find("auto").name()).isEqualTo("reference");
  }

  @Test
  void needsAThread() {
    assertThatThrownBy(() -> new ReferenceBackend().open(0))
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("0 threads");
  }

  @Test
  void refusesToWorkOnceClosed() {
    ReferenceOperators operators = new ReferenceOperators(2, 0);
    operators.close();
    operators.close();
    assertThatThrownBy(() -> operators.activate(normal(1, 3), Activation.RELU))
        .isInstanceOf(BackendException.class);
    assertThatThrownBy(() -> operators.prepare(dense("fc", normal(1, 2, 2), Optional.empty())))
        .isInstanceOf(BackendException.class);
  }

  @Test
  void timestepsAreNumbers() {
    try (ReferenceOperators operators = new ReferenceOperators(1, 0)) {
      assertThatThrownBy(() -> operators.selectTimestep(Double.NaN))
          .isInstanceOf(UsageException.class);
    }
  }
}
