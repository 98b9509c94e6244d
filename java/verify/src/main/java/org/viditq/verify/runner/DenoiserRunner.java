package org.viditq.verify.runner;

import java.util.function.UnaryOperator;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.ModelDenoiser;
import org.viditq.verify.fixture.FixtureCase;

/**
 * {@code model.*}: one evaluation of a whole denoiser of any family, and where the case asks for it
 * others: without the text mask, with that of the first sample for all, and with text as layers of
 * calibrated grids per token index need it.
 */
final class DenoiserRunner implements CaseRunner {
  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    DenoiserInput input = DenoiserInputs.of(fixture, UnaryOperator.identity());
    Results results = new Results();
    DenoiserModel model = model(fixture);
    try (Denoiser denoiser = denoiser(model, fixture, operators)) {
      results.put("output", denoiser.predict(input));
      if (fixture.expects("output_no_mask")) {
        results.put(
            "output_no_mask", denoiser.predict(DenoiserInputs.without(input, InputNames.MASK)));
      }
      if (fixture.expects("output_cfg_mask")) {
        results.put(
            "output_cfg_mask",
            denoiser.predict(DenoiserInputs.withFirstSampleOf(input, InputNames.MASK)));
      }
    }
    if (fixture.expects("output_mask_zeroed")) {
      Operators<V> fixedTokens = new FixedTokenOperators<>(operators);
      try (Denoiser denoiser = denoiser(model, fixture, fixedTokens)) {
        results.put("output_mask_zeroed", denoiser.predict(input));
      }
    }
    return results;
  }

  private static <V> Denoiser denoiser(
      DenoiserModel model, FixtureCase fixture, Operators<V> operators) {
    return new ModelDenoiser<>(model, fixture.parameters(), operators, () -> {});
  }

  /** The model of a case: its family shows in how the weights are named. */
  static DenoiserModel model(FixtureCase fixture) {
    return DenoiserFamilies.model(
        JsonConfig.of(fixture.config(), fixture.file().toString()), fixture.weights());
  }
}
