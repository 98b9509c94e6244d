package org.viditq.tests.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Backends;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.Epilogue;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;

/**
 * More threads than cores are neither a fault nor a hang, and change no bit. The timeouts are the
 * only clocks.
 */
class ThreadsTest {
  @TempDir private Path folder;

  /** The command line takes no more threads than there are cores, and says so. */
  @Test
  @Tag("slow")
  @Timeout(300)
  void commandsCapThem() throws Exception {
    int cores = Runtime.getRuntime().availableProcessors();
    List<String> threads = List.of("1", Integer.toString(cores), "128", "1024");
    for (String count : threads) {
      String warnings = warningsOf(count);
      if (Integer.parseInt(count) > cores) {
        assertThat(warnings)
            .hasLineCount(1)
            .contains("warning: --threads is " + count + ", but there are only " + cores);
      } else {
        assertThat(warnings).isEmpty();
      }
      assertThat(folder.resolve(count + ".png")).hasSameBinaryContentAs(folder.resolve("1.png"));
    }
  }

  /** Makes a picture of that name. */
  private String warningsOf(String threads) {
    PrintStream before = System.err;
    ByteArrayOutputStream captured = new ByteArrayOutputStream();
    System.setErr(new PrintStream(captured, true, UTF_8));
    try {
      CommandRun run =
          CommandRun.of(
                  "generate",
                  "--model",
                  "../samples/pixart-mini",
                  "--prompt",
                  "a red ring",
                  "--steps",
                  "2",
                  "--quiet",
                  "--force",
                  "--threads",
                  threads,
                  "--out",
                  folder.resolve(threads + ".png").toString())
              .succeeded();
      assertThat(run.stderr()).isEmpty();
    } finally {
      System.setErr(before);
    }
    return captured.toString(UTF_8);
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 64, 200})
  @Timeout(120)
  void operatorsGiveTheSameBits(int threads) {
    assertThat(computed(threads)).isEqualTo(computed(1));
  }

  private static float[] computed(int threads) {
    try (Operators<?> operators = Backends.find("native").open(threads)) {
      return compute(operators);
    }
  }

  private static <V> float[] compute(Operators<V> operators) {
    var linear =
        operators.prepare(
            new DenseLinearParameters(
                "layer", MemoryTensor.of("weight", random(96, 96)), Optional.empty()));
    V x = operators.constant(random(2, 333, 96));
    for (int i = 0; i < 20; i++) {
      V hidden = operators.linear(x, linear, Epilogue.activation(Activation.GELU_TANH));
      V attended = operators.attention(hidden, hidden, hidden, 4, 0.2f, Optional.empty());
      x =
          operators.layerNorm(
              operators.add(x, attended), Optional.empty(), Optional.empty(), 1e-6f);
    }
    return operators.read(x).data();
  }

  private static Tensor random(int... dims) {
    Tensor tensor = Tensor.zeros(dims);
    Random random = new Random(dims.length);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = (float) random.nextGaussian();
    }
    return tensor;
  }
}
