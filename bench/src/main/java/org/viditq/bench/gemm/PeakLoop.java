package org.viditq.bench.gemm;

import org.viditq.cpp.InstructionSet;

/** Integer products in registers only: what the processor can do at most. */
final class PeakLoop implements Contender {
  /** About half a millisecond. */
  private static final long REPETITIONS = 80_000;

  private final InstructionSet isa;
  private long operations;

  PeakLoop(InstructionSet isa) {
    this.isa = isa;
  }

  @Override
  public String name() {
    return "peak-" + isa;
  }

  @Override
  public void run() {
    operations = isa.exerciseMultiplier(REPETITIONS);
  }

  /** Of one run. */
  long operations() {
    return operations;
  }

  @Override
  public void close() {}
}
