package org.viditq.bench.fuzz;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.viditq.quantize.plan.PlanReader;

/** Maps of bit widths, as weights' and as activations' of a plan that is whole. */
public final class BitMapFuzzer {
  private static final byte[] PLAN =
      """
      weight: {bits: 8}
      mixed_precision: {candidates: [4, 6, 8]}
      """
          .getBytes(StandardCharsets.UTF_8);

  private BitMapFuzzer() {}

  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    Refusal.allowed(
        () -> {
          Path plan = Scratch.write("plan.yaml", PLAN);
          Optional<Path> map = Optional.of(Scratch.write("map.yaml", input));
          new PlanReader(warning -> {}).read(plan, map, map);
        });
  }
}
