package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.operators.Backends;
import org.viditq.core.operators.ConvolutionParameters;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Scope;
import org.viditq.core.tensor.Tensor;

/**
 * Signals while native work is in flight: the process ends with the signal's code, prints nothing,
 * writes no report of a crash, and leaves nothing behind.
 */
@Tag("slow")
@Timeout(600)
class EndOfNativeWorkTest {
  private static final String SAMPLE =
      Path.of("../samples/pixart-mini").toAbsolutePath().toString();

  @TempDir private Path temp;
  private Path folder;

  @BeforeEach
  void folder() throws IOException {
    folder = Files.createDirectory(temp.resolve("folder"));
  }

  /** Computes on the threads of several sets of operators, until it is ended. */
  static final class EndlessWork {
    private EndlessWork() {}

    public static void main(String[] args) throws Exception {
      Thread[] threads = new Thread[Integer.parseInt(args[1])];
      for (int i = 0; i < threads.length; i++) {
        threads[i] = new Thread(() -> compute(Backends.find("native").open(2), args[0]));
        threads[i].start();
      }
      System.err.println("computing");
      if (args.length > 2) {
        Thread.sleep(Long.parseLong(args[2]));
        System.exit(5);
      }
      threads[0].join();
    }

    private static <V> void compute(Operators<V> operators, String work) {
      Linear linear =
          operators.prepare(
              new DenseLinearParameters(
                  "layer", MemoryTensor.of("weight", random(256, 256)), Optional.empty()));
      V x = operators.constant(random(1, 4096, 256));
      V picture = operators.constant(random(1, 32, 64, 64));
      for (int i = 0; ; i++) {
        try (Scope<V> scope = operators.scope()) {
          switch (work) {
            case "products" -> operators.linear(x, linear);
            case "attention" -> operators.attention(x, x, x, 4, 0.1f, Optional.empty());
            case "preparation" -> operators.prepare(convolution(16 + i % 64));
            default -> operators.convolution(picture, operators.prepare(convolution(16 + i % 64)));
          }
        }
      }
    }

    private static ConvolutionParameters convolution(int out) {
      return new ConvolutionParameters(
          "convolution",
          MemoryTensor.of("weight", random(out, 32, 3, 3)),
          Optional.empty(),
          new int[] {1, 1},
          new int[] {1, 1},
          new int[] {1, 1});
    }

    private static Tensor random(int... dims) {
      Tensor tensor = Tensor.zeros(dims);
      Random random = new Random(dims[0]);
      for (int i = 0; i < tensor.size(); i++) {
        tensor.data()[i] = (float) random.nextGaussian();
      }
      return tensor;
    }
  }

  @ParameterizedTest
  @CsvSource({
    "products, 1, TERM, 143",
    "products, 3, INT, 130",
    "products, 2, HUP, 129",
    "attention, 2, TERM, 143",
    "convolutions, 2, TERM, 143",
    "convolutions, 1, INT, 130"
  })
  void signalsEndTheKernels(String work, int operators, String signal, int code) throws Exception {
    for (int delay : new int[] {0, 40, 170}) {
      Process process =
          ProcessRun.in(folder)
              .mainClass(EndlessWork.class)
              .start(work, Integer.toString(operators));
      awaitError(process, "computing");
      Thread.sleep(delay);
      kill(process, signal);
      ProcessRun run = ProcessRun.end(process, folder);
      assertThat(run).isEqualTo(new ProcessRun(code, "", "computing\n"));
      assertThat(left()).isEmpty();
    }
  }

  @Test
  void anOrdinaryEndIsNoDifferent() throws Exception {
    for (String work : List.of("products", "convolutions")) {
      ProcessRun run = ProcessRun.in(folder).mainClass(EndlessWork.class).run(work, "2", "150");
      assertThat(run).isEqualTo(new ProcessRun(5, "", "computing\n"));
      assertThat(left()).isEmpty();
    }
  }

  /** From before there is a virtual machine to large values in the making. */
  @ParameterizedTest
  @CsvSource({
    "TERM, 143, '', 30",
    "INT, 130, '', 300",
    "HUP, 129, '', 900",
    "TERM, 143, Encoding, 0",
    "TERM, 143, Encoding, 200",
    "INT, 130, Encoding, 700",
    "HUP, 129, Encoding, 1500",
    "TERM, 143, Encoding, 4000"
  })
  void largePicturesInTheMaking(String signal, int code, String stage, int delay) throws Exception {
    Process process =
        ProcessRun.in(folder)
            .java("-Dviditq.progress.seconds=0", "-Xmx3g")
            .start(
                "generate",
                "--model",
                SAMPLE,
                "--prompt",
                "a red ring",
                "--width",
                "4096",
                "--height",
                "4096",
                "--out",
                "new/red.png");
    if (!stage.isEmpty()) {
      awaitError(process, stage);
    }
    Thread.sleep(delay);
    kill(process, signal);
    ProcessRun run = ProcessRun.end(process, folder);
    assertThat(run.exitCode()).as(run.stderr()).isEqualTo(code);
    assertThat(run.stdout()).isEmpty();
    assertThat(run.stderr()).doesNotContain("SIGSEGV", "fatal error", "viditq: Cannot");
    assertThat(left()).isEmpty();
  }

  private void awaitError(Process process, String text) throws Exception {
    while (!Files.readString(ProcessRun.stderr(folder)).contains(text)) {
      assertThat(process.isAlive()).as("it runs until it says %s", text).isTrue();
      Thread.sleep(5);
    }
  }

  private static void kill(Process process, String signal) throws Exception {
    new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
  }

  private List<String> left() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
