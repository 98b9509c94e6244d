package org.viditq.bench;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collection;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Every benchmark runs; how fast is not asked here. */
class BenchmarksRunTest {
  /** Benchmarks and how many combinations of their own parameters there are. */
  private static final Map<String, Long> COMBINATIONS =
      Map.ofEntries(
          entry("linear", 3L),
          entry("quantizedLinear", 3L * 2),
          entry("quantizeTokens", 2L),
          entry("attention", 1L),
          entry("layerNormModulate", 1L),
          entry("modulatedQuantizedLinear", 1L),
          entry("feedForward", 2L),
          entry("convolution", 1L),
          entry("patchEmbedding", 1L));

  @ParameterizedTest
  @ValueSource(strings = {"reference", "native"})
  void everyBenchmarkRunsOnce(String backend) throws RunnerException {
    assertThat(combinations(run(backend, ModelSize.PIXART_MINI))).isEqualTo(COMBINATIONS);
  }

  @Test
  @Tag("slow")
  void everyBenchmarkRunsOnceAtTheRealSizeOnTheNativeBackend() throws RunnerException {
    assertThat(combinations(run("native", ModelSize.PIXART_XL_2))).isEqualTo(COMBINATIONS);
  }

  private static Map<String, Long> combinations(Collection<RunResult> results) {
    return results.stream()
        .map(result -> result.getPrimaryResult().getLabel())
        .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
  }

  private static Collection<RunResult> run(String backend, ModelSize size) throws RunnerException {
    return new Runner(
            new OptionsBuilder()
                .include("org\\.viditq\\.bench\\..*")
                .param("backend", backend)
                .param("size", size.name())
                .forks(0)
                .warmupIterations(0)
                .measurementIterations(1)
                .measurementTime(TimeValue.milliseconds(1))
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                .build())
        .run();
  }
}
