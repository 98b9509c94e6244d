package org.viditq.cpp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** The kernels have stopped before {@code exit} takes down what they compute with. */
class EndOfProcessTest {
  private static final int STILL_COMPUTING = 3;

  /** A process that ends while one of its threads computes. */
  static final class Computing {
    private static final int LEAST_CALLS = 100;
    private static final long QUIET_MILLISECONDS = 300;
    private static final int MOST_LOOKS = 20;

    private Computing() {}

    /** Exits with {@link #STILL_COMPUTING} if calls go on to come back from the kernels. */
    public static void main(String[] args) throws InterruptedException {
      AtomicLong calls = new AtomicLong();
      Thread computing = new Thread(() -> compute(calls));
      computing.setDaemon(true);
      computing.start();
      while (calls.get() < LEAST_CALLS) {
        Thread.sleep(1);
      }
      Runtime.getRuntime().addShutdownHook(new Thread(() -> awaitQuiet(calls)));
      System.exit(0);
    }

    private static void compute(AtomicLong calls) {
      try (NativeOperators operators = new NativeOperators(2, InstructionSet.PORTABLE)) {
        NativeTensor x = operators.constant(Tensor.of(Shape.of(64), new float[64]));
        while (true) {
          operators.scale(x, 2).close();
          calls.incrementAndGet();
        }
      }
    }

    private static void awaitQuiet(AtomicLong calls) {
      for (int look = 0; look < MOST_LOOKS; look++) {
        long before = calls.get();
        try {
          Thread.sleep(QUIET_MILLISECONDS);
        } catch (InterruptedException e) {
          break;
        }
        if (calls.get() == before) {
          return;
        }
      }
      Runtime.getRuntime().halt(STILL_COMPUTING);
    }
  }

  @Test
  void noKernelComputesWhenTheProcessEnds() throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    ProcessBuilder program = new ProcessBuilder(java, Computing.class.getName());
    program.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    Process process = program.inheritIO().start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly();
    }
  }
}
