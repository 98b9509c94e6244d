package org.viditq.bench.roofline;

import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.UsageException;
import org.viditq.core.tensor.Tensor;
import org.viditq.cpp.InstructionSet;
import org.viditq.cpp.NativeOperators;
import org.viditq.cpp.NativeTensor;

/**
 * Measures {@link MachineLimits}.
 *
 * <p>Arithmetic is the instruction for products of integers on registers only, all threads at a
 * time ({@link InstructionSet#exerciseMultiplier}). Processors issue fused multiply-adds of as many
 * bits as often; a product of float32 takes four times as many bits as one of int8, one of bfloat16
 * twice as many, so that their peaks are a quarter and half of it. AMX multiplies integers and
 * bfloat16 only: float32 has a quarter of what AVX-512 does then.
 *
 * <p>Memory is what STREAM (McCalpin, 1995) calls Add: c = a + b on arrays far larger than caches,
 * counted as two reads and a write. Of both, the fastest round counts, as STREAM has it: what else
 * the machine does makes limits no lower.
 */
public final class LimitMeasurement {
  /** Ten milliseconds or so. */
  private static final long REPETITIONS = 1_600_000;

  /** 128 MiB each of three arrays. */
  private static final int STREAM_VALUES = 1 << 25;

  private static final int FP32_PER_INT8 = 4;
  private static final int BF16_PER_INT8 = 2;

  private final int threads;
  private final int rounds;

  /**
   * @param rounds of which the fastest counts
   */
  public LimitMeasurement(int threads, int rounds) {
    this.threads = threads;
    this.rounds = rounds;
  }

  /**
   * @throws UsageException if this processor, or the instruction set that is chosen, has no
   *     instruction for products of integers
   */
  public static void requireMultiplier() {
    InstructionSet isa = InstructionSet.choose();
    if (!isa.hasMultiplier()) {
      throw new UsageException(
          "--roofline measures the peak of VNNI or AMX, which instruction set "
              + isa
              + " does not have; leave it out, or run it on a processor that has one.");
    }
  }

  /** Takes a second or so. */
  public MachineLimits measure() {
    InstructionSet isa = InstructionSet.choose();
    double int8 = multiplications(isa);
    double vectors = isa == InstructionSet.AMX ? multiplications(InstructionSet.AVX512) : int8;
    return new MachineLimits(
        int8, int8 / BF16_PER_INT8, vectors / FP32_PER_INT8, bytesPerNano(isa));
  }

  /** Operations per nanosecond of all threads. */
  private double multiplications(InstructionSet isa) {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Callable<Long>> loops =
          Collections.nCopies(threads, () -> isa.exerciseMultiplier(REPETITIONS));
      long operations = sum(pool.invokeAll(loops));
      long fastest = Long.MAX_VALUE;
      for (int round = 0; round < rounds; round++) {
        long start = System.nanoTime();
        sum(pool.invokeAll(loops));
        fastest = Math.min(fastest, System.nanoTime() - start);
      }
      return (double) operations / fastest;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BackendException("The measurement of the peak was interrupted.", e);
    } finally {
      pool.shutdownNow();
    }
  }

  private static long sum(List<Future<Long>> loops) throws InterruptedException {
    try {
      long sum = 0;
      for (Future<Long> loop : loops) {
        sum += loop.get();
      }
      return sum;
    } catch (ExecutionException e) {
      throw new BackendException("The peak cannot be measured.", e.getCause());
    }
  }

  private double bytesPerNano(InstructionSet isa) {
    try (NativeOperators operators = new NativeOperators(threads, isa)) {
      NativeTensor value = operators.constant(Tensor.full(1, 1));
      NativeTensor a = operators.broadcast(value, STREAM_VALUES);
      NativeTensor b = operators.broadcast(value, STREAM_VALUES);
      // The result's memory is used again: from the second time on it is not made anew.
      operators.add(a, b).close();
      long fastest = Long.MAX_VALUE;
      for (int round = 0; round < rounds; round++) {
        long start = System.nanoTime();
        operators.add(a, b).close();
        fastest = Math.min(fastest, System.nanoTime() - start);
      }
      return 3.0 * Float.BYTES * STREAM_VALUES / fastest;
    }
  }
}
