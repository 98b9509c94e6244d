package org.viditq.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.cli.Main;

/** The class path of this module's tests holds no benchmarks. */
class MissingBenchmarksTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String arguments) {
    return Main.run(new PrintWriter(out), new PrintWriter(err), arguments.split(" "));
  }

  @ParameterizedTest
  @ValueSource(strings = {"bench", "bench gemm --rounds 3", "bench pipeline --help"})
  void saysHowToGetThem(String arguments) {
    assertThat(run(arguments)).isEqualTo(2);
    assertThat(err.toString())
        .hasLineCount(1)
        .contains("The benchmarks are not on the class path; start them with the launcher");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void theHelpNamesThem() {
    assertThat(run("--help")).isZero();
    assertThat(out.toString()).containsPattern("(?m)^ +bench +Measure this machine");
  }
}
