package org.viditq.verify.runner;

import org.viditq.core.operators.IntegerOperators;
import org.viditq.core.operators.Operators;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.tensor.Tensor;
import org.viditq.verify.fixture.FixtureCase;

/**
 * {@code quantizer.act_dynamic_token}: one grid per token index, shared over the batch; {@code
 * _per_row}: one per row. The plain results follow the published rule for tiny steps, {@code
 * sane_*} the deployed one.
 */
final class DynamicTokenQuantizerRunner implements CaseRunner {
  private final boolean perRow;

  DynamicTokenQuantizerRunner(boolean perRow) {
    this.perRow = perRow;
  }

  @Override
  public boolean supports(Operators<?> operators) {
    return operators instanceof IntegerOperators;
  }

  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    IntegerOperators integer = (IntegerOperators) operators;
    Tensor x = fixture.input("x");
    Results results = new Results();
    quantize(fixture, integer, x, SmallScaleRule.ALL_GROUPS_AS_PUBLISHED, "", results);
    if (fixture.expects("sane_codes")) {
      quantize(fixture, integer, x, SmallScaleRule.PER_GROUP, "sane_", results);
    }
    return results;
  }

  private void quantize(
      FixtureCase fixture,
      IntegerOperators integer,
      Tensor x,
      SmallScaleRule rule,
      String prefix,
      Results results) {
    IntegerFormat format =
        new IntegerFormat(
            fixture.setting("n_bits").intValue(), fixture.setting("symmetric").booleanValue());
    ActivationQuantization scheme =
        perRow
            ? new ActivationQuantization.DynamicToken(format, rule)
            : new ActivationQuantization.DynamicTokenShared(format, rule);
    QuantizedActivations activations = integer.quantize(x, scheme);
    // A shared grid is repeated per sample; the rows of the first sample name every group once.
    int samples = perRow ? x.dim(0) : 1;
    ActivationResults.put(results, prefix, activations, x.shape(), samples, x.dim(1));
  }
}
