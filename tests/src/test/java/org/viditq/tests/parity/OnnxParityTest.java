package org.viditq.tests.parity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.viditq.core.operators.Backend;
import org.viditq.core.operators.Backends;
import org.viditq.core.operators.Operators;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.OnnxOptions.AttentionForm;
import org.viditq.onnx.OnnxOptions.LinearForm;
import org.viditq.tests.onnx.OnnxRuntimeBackend;
import org.viditq.verify.runner.Results;

/** Holds emitted operators, run by ONNX Runtime, to the reference on the cases of all backends. */
class OnnxParityTest {
  /**
   * ONNX Runtime takes means in float32: that of values near 300 is off by up to an ulp of 300, on
   * a spread of 1.
   */
  private static final double MEAN_ROUNDING = Math.ulp(300f);

  @TestFactory
  Stream<DynamicNode> everyCaseInEveryForm() {
    return Stream.of(AttentionForm.values())
        .map(attention -> new OnnxOptions(LinearForm.FLOAT32, attention))
        .map(OnnxRuntimeBackend::new)
        .map(
            backend ->
                DynamicContainer.dynamicContainer(
                    backend.name(),
                    cases()
                        .map(
                            parityCase ->
                                DynamicTest.dynamicTest(
                                    parityCase.name(),
                                    () -> requireAgreement(backend, parityCase)))));
  }

  /** All but those of the integers alone, which a graph does not open up. */
  private static Stream<ParityCase> cases() {
    return Parity.cases().stream()
        .filter(parityCase -> !(parityCase instanceof TokenQuantizationCase));
  }

  private static void requireAgreement(Backend backend, ParityCase parityCase) throws Exception {
    Results expected = compute(Backends.find("reference"), parityCase);
    assertThat(Parity.disagreements(expected, compute(backend, parityCase), margin(parityCase)))
        .as(parityCase.name())
        .isEmpty();
  }

  private static double margin(ParityCase parityCase) {
    boolean shifted =
        parityCase instanceof NormalizationCase normalization
            && normalization.operand() == Operand.SHIFTED;
    return shifted ? MEAN_ROUNDING : 0;
  }

  private static Results compute(Backend backend, ParityCase parityCase) throws Exception {
    try (Operators<?> operators = backend.open(1)) {
      // Integers that are off show in the values that they give.
      return parityCase instanceof QuantizedLinearCase quantized
          ? quantized.outputs(operators)
          : parityCase.compute(operators);
    }
  }
}
