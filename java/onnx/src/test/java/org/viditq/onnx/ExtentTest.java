package org.viditq.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ExtentTest {
  private static final List<String> NAMES = List.of("batch", "height", "tokens");
  private static final int[][] PROBES = {
    {2, 24, 11}, {3, 24, 11}, {2, 72, 11}, {2, 24, 13}, {5, 48, 17}
  };

  static Stream<Arguments> formulas() {
    return Stream.of(
        Arguments.of("7", at(e -> 7)),
        Arguments.of("0", at(e -> 0)),
        Arguments.of("batch", at(e -> e[0])),
        Arguments.of("8*height", at(e -> 8L * e[1])),
        Arguments.of("height/2", at(e -> e[1] / 2)),
        Arguments.of("batch*height*height/4", at(e -> e[0] * (e[1] / 2) * (e[1] / 2))),
        Arguments.of("6*batch*tokens", at(e -> 6L * e[0] * e[2])),
        Arguments.of("tokens+1", at(e -> e[2] + 1)),
        Arguments.of("tokens-1", at(e -> e[2] - 1)),
        Arguments.of("batch+2*tokens+3", at(e -> e[0] + 2L * e[2] + 3)),
        Arguments.of("(height+4)/4", at(e -> e[1] / 4 + 1)));
  }

  private static ToLongFunction<int[]> at(ToLongFunction<int[]> formula) {
    return formula;
  }

  @ParameterizedTest
  @MethodSource("formulas")
  void formulasAreFound(String expected, ToLongFunction<int[]> formula) {
    assertThat(fit(formula).map(extent -> extent.describe(NAMES))).contains(expected);
  }

  @Test
  void whatIsNeitherProductNorSumIsNotGuessed() {
    assertThat(fit(e -> (long) e[0] * e[1] + e[2])).isEmpty();
    assertThat(fit(e -> e[1] % 7)).isEmpty();
  }

  private static Optional<Extent> fit(ToLongFunction<int[]> formula) {
    long[] values = Stream.of(PROBES).mapToLong(formula).toArray();
    return Extent.fit(PROBES, values);
  }
}
