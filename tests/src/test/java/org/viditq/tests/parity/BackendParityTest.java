package org.viditq.tests.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.viditq.core.operators.Backend;
import org.viditq.core.operators.Backends;
import org.viditq.core.operators.Operators;
import org.viditq.verify.runner.Results;

/**
 * Holds the reference to plain loops, and every other backend that can run here to the reference:
 * over odd shapes and nasty operands. A new backend needs no new test, a new operator a new case.
 */
class BackendParityTest {
  private static final String JUDGE = "reference";

  @TestFactory
  Stream<DynamicNode> everyCaseOnEveryBackend() {
    return Backends.all().stream()
        .filter(Backend::computesAtOnce)
        .filter(backend -> backend.unavailable().isEmpty())
        .map(BackendParityTest::casesOn);
  }

  private static DynamicNode casesOn(Backend backend) {
    boolean judge = backend.name().equals(JUDGE);
    return DynamicContainer.dynamicContainer(
        backend.name(),
        Parity.cases().stream()
            .filter(parityCase -> !judge || parityCase.oracle().isPresent())
            .map(
                parityCase ->
                    DynamicTest.dynamicTest(
                        parityCase.name(), () -> requireAgreement(backend, parityCase))));
  }

  private static void requireAgreement(Backend backend, ParityCase parityCase) throws Exception {
    boolean judge = backend.name().equals(JUDGE);
    Results expected =
        judge ? parityCase.oracle().orElseThrow() : computeOn(Backends.find(JUDGE), parityCase);
    assertThat(Parity.disagreements(expected, computeOn(backend, parityCase)))
        .as(parityCase.name())
        .isEmpty();
  }

  private static Results computeOn(Backend backend, ParityCase parityCase) throws Exception {
    try (Operators<?> operators = backend.open(2)) {
      assumeThat(parityCase.supports(operators))
          .as("%s does not open up what %s looks at", backend.name(), parityCase.name())
          .isTrue();
      return parityCase.compute(operators);
    }
  }
}
