package org.viditq.tests.parity;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.viditq.core.operators.Backends;
import org.viditq.core.operators.Operators;
import org.viditq.verify.runner.Results;

/** The parity table itself: every planted mistake must be found by some case. */
class ParityFindsFaultsTest {
  @ParameterizedTest
  @EnumSource(FaultyOperators.Fault.class)
  void plantedFaultIsFound(FaultyOperators.Fault fault) throws Exception {
    boolean found = false;
    for (ParityCase parityCase : Parity.cases()) {
      if (!found && parityCase.oracle().isPresent()) {
        Results expected = parityCase.oracle().get();
        found = !Parity.disagreements(expected, compute(parityCase, fault)).isEmpty();
      }
    }
    assertThat(found).as("a case that finds %s", fault).isTrue();
  }

  private static Results compute(ParityCase parityCase, FaultyOperators.Fault fault)
      throws Exception {
    try (Operators<?> reference = Backends.find("reference").open(1)) {
      return parityCase.compute(new FaultyOperators<>(reference, fault));
    }
  }
}
