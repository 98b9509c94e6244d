package org.viditq.verify.runner;

import org.viditq.core.operators.IntegerOperators;
import org.viditq.core.operators.Operators;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.calibrate.InputStatistics;
import org.viditq.quantize.calibrate.RunningRange;
import org.viditq.verify.fixture.FixtureCase;

/**
 * {@code quantizer.act_static}: one calibrated grid for the whole tensor; {@code _token}: one per
 * token index.
 */
final class StaticQuantizerRunner implements CaseRunner {
  private final boolean perToken;

  StaticQuantizerRunner(boolean perToken) {
    this.perToken = perToken;
  }

  @Override
  public boolean supports(Operators<?> operators) {
    return operators instanceof IntegerOperators;
  }

  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    IntegerFormat format =
        new IntegerFormat(
            fixture.setting("n_bits").intValue(), fixture.setting("symmetric").booleanValue());
    RunningRange range = calibrate(fixture, perToken);
    AffineGrid grid = range.grid(format, SmallScaleRule.ALL_GROUPS_AS_PUBLISHED);
    ActivationQuantization scheme =
        perToken
            ? new ActivationQuantization.StaticToken(grid)
            : new ActivationQuantization.StaticTensor(grid);
    Tensor x = fixture.input("x");
    QuantizedActivations activations = ((IntegerOperators) operators).quantize(x, scheme);
    Results results = new Results();
    ActivationResults.put(results, "", activations, x.shape(), 1, grid.groups());
    return results
        .put("x_min", Tensor.of(range.lo(), grid.groups()))
        .put("x_max", Tensor.of(range.hi(), grid.groups()));
  }

  /** Runs the case's {@code calib.*} batches, in order. */
  static RunningRange calibrate(FixtureCase fixture, boolean perToken) {
    boolean running = fixture.setting("running_stat").booleanValue();
    // Without running statistics momentum has no meaning, and the fixtures leave it out.
    double momentum = running ? fixture.setting("momentum").doubleValue() : 0;
    RunningRange range = new RunningRange(running, momentum);
    for (Tensor batch : fixture.inputSeries("calib.")) {
      InputStatistics input = InputStatistics.of(fixture.name(), batch);
      if (perToken) {
        range.update(input.tokenMin(), input.tokenMax());
      } else {
        range.update(new float[] {input.min()}, new float[] {input.max()});
      }
    }
    return range;
  }
}
