package org.viditq.verify.runner;

import com.fasterxml.jackson.databind.node.ObjectNode;
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
 * others: without the text mask, with that of the first sample for all, with text as layers of
 * calibrated grids per token index need it, with the mask where the first has none ({@code
 * output_bias}), and without temporal attention.
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
      if (fixture.expects("output_bias")) {
        results.put(
            "output_bias", denoiser.predict(DenoiserInputs.all(fixture, UnaryOperator.identity())));
      }
    }
    if (fixture.expects("output_no_temporal")) {
      DenoiserModel changed = model(fixture, "enable_temporal_attentions", false);
      try (Denoiser denoiser = denoiser(changed, fixture, operators)) {
        results.put("output_no_temporal", denoiser.predict(input));
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

  /** The same with another setting. */
  private static DenoiserModel model(FixtureCase fixture, String key, boolean value) {
    ObjectNode changed = fixture.config().deepCopy();
    changed.put(key, value);
    return DenoiserFamilies.model(
        JsonConfig.of(changed, fixture.file().toString()), fixture.weights());
  }

  /** The model of a case: its family shows in how the weights are named. */
  static DenoiserModel model(FixtureCase fixture) {
    return DenoiserFamilies.model(
        JsonConfig.of(fixture.config(), fixture.file().toString()), fixture.weights());
  }
}
