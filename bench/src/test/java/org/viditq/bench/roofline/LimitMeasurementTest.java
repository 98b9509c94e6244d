package org.viditq.bench.roofline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.viditq.core.error.UsageException;
import org.viditq.cpp.InstructionSet;

class LimitMeasurementTest {
  @Tag("slow")
  @Test
  void peaksAndBandwidthAreThoseOfAMachine() {
    if (!InstructionSet.choose().hasMultiplier()) {
      assertThatThrownBy(LimitMeasurement::requireMultiplier)
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("--roofline measures the peak of VNNI or AMX");
      return;
    }
    LimitMeasurement.requireMultiplier();
    MachineLimits limits = new LimitMeasurement(1, 3).measure();
    // From a slow machine that is busy to one that there is not yet.
    assertThat(limits.int8()).isBetween(1.0, 1e5);
    assertThat(limits.bf16()).isEqualTo(limits.int8() / 2);
    assertThat(limits.fp32()).isBetween(limits.int8() / 100, limits.int8() / 4);
    assertThat(limits.bytes()).isBetween(0.1, 1000.0);
    assertThat(limits.toString()).startsWith("Limits: ").endsWith(" GB/s");
  }
}
