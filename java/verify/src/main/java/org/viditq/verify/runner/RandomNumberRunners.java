package org.viditq.verify.runner;

import com.fasterxml.jackson.databind.JsonNode;
import org.viditq.core.random.TorchGenerator;
import org.viditq.verify.fixture.FixtureCase;

/** {@code rng.*}: the random numbers that samplings start from. */
final class RandomNumberRunners {
  private RandomNumberRunners() {}

  /** {@code rng.torch_cpu}: consecutive draws from one generator. */
  static Results torch(FixtureCase fixture) {
    TorchGenerator generator = new TorchGenerator(fixture.setting("seed").longValue());
    Results results = new Results();
    int index = 0;
    for (JsonNode draw : fixture.setting("draws")) {
      int[] shape = Settings.integers(draw.get("shape"));
      results.put(
          "draw." + index++,
          switch (draw.get("kind").asText()) {
            case "randn" -> generator.randn(shape);
            case "rand" -> generator.rand(shape);
            default -> throw fixture.unknownVariant();
          });
    }
    return results;
  }
}
