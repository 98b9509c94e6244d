package org.viditq.tensorrt.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.viditq.core.error.MemoryException;
import org.viditq.core.machine.MachineMemory;

class MemoryEstimateTest {
  private static final long GIB = 1L << 30;
  private static final MemoryEstimate ESTIMATE = new MemoryEstimate(2 * GIB, 3 * GIB, false);

  private static Optional<MachineMemory> machine(long available) {
    return Optional.of(new MachineMemory(100 * GIB, available, "this machine has"));
  }

  @Test
  void weightsAndActivationsLieOnTheDevice() {
    assertThat(ESTIMATE.device()).isEqualTo(6 * GIB);
    assertThat(ESTIMATE.host()).isEqualTo(8 * GIB);
    assertThat(new MemoryEstimate(2 * GIB, 3 * GIB, true).host()).isEqualTo(6 * GIB);
    assertThat(ESTIMATE.describe()).contains("6144 MiB on the device", "8192 MiB on the host");
  }

  @Test
  void whatCannotFitIsRefused() {
    assertThatCode(() -> ESTIMATE.require(6 * GIB, machine(8 * GIB))).doesNotThrowAnyException();
    assertThatCode(() -> ESTIMATE.require(6 * GIB, Optional.empty())).doesNotThrowAnyException();
    assertThatThrownBy(() -> ESTIMATE.require(6 * GIB - 1, machine(8 * GIB)))
        .isInstanceOf(MemoryException.class)
        .hasMessageContainingAll("GPU's memory", "6144 MiB", "--max")
        .hasMessageMatching("[^\n]*\\.");
    assertThatThrownBy(() -> ESTIMATE.require(6 * GIB, machine(8 * GIB - 1)))
        .isInstanceOf(MemoryException.class)
        .hasMessageContainingAll("8192 MiB of memory", "available")
        .hasMessageMatching("[^\n]*\\.");
  }
}
