package org.viditq.bench.fuzz;

import org.viditq.quantize.plan.PlanReader;

/** Plans, in the product's own form and in the published one. */
public final class PlanFuzzer {
  private PlanFuzzer() {}

  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    Refusal.allowed(() -> new PlanReader(warning -> {}).read(Scratch.write("plan.yaml", input)));
  }
}
