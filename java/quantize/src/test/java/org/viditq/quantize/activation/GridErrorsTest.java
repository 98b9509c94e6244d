package org.viditq.quantize.activation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.calibrate.InputHalves;

class GridErrorsTest {
  private static final int TOKENS = 64;
  private static final int CHANNELS = 32;

  /** What magnitude a value has. */
  private interface Magnitude {
    double of(int step, int branch, int token, int channel);
  }

  /** Two steps of two samples, the negative branch first. */
  private static InputProfile profile(Magnitude magnitude, Tensor[] inputs) {
    Random random = new Random(7);
    InputProfile profile = new InputProfile();
    for (int step = 0; step < 2; step++) {
      float[] x = new float[2 * TOKENS * CHANNELS];
      for (int i = 0; i < x.length; i++) {
        int token = i / CHANNELS % TOKENS;
        double size = magnitude.of(step, i / CHANNELS / TOKENS, token, i % CHANNELS);
        x[i] = (float) ((2 * random.nextDouble() - 1) * size);
      }
      inputs[step] = Tensor.of(x, 2, TOKENS, CHANNELS);
      profile.add(step, "fc", InputHalves.of(inputs[step], 2, true), 1);
    }
    return profile;
  }

  private static Map<GridScope, Double> ratios(Magnitude magnitude, int bits) {
    Tensor[] inputs = new Tensor[2];
    InputProfile profile = profile(magnitude, inputs);
    GridErrors errors = new GridErrors(IntegerFormat.asymmetric(bits), profile);
    for (int step = 0; step < 2; step++) {
      List<Tensor> branches = InputHalves.of(inputs[step], 2, true);
      for (int b = 0; b < 2; b++) {
        errors.add(step, b, branches.get(b));
      }
    }
    double[] columns = new double[CHANNELS];
    Arrays.fill(columns, 1);
    return errors.signalToNoise(columns);
  }

  @Test
  void uniformValuesHaveSixDecibelsPerBit() {
    // Signal 1/3 over noise Δ²/12 with Δ = 2/255: 255².
    double expected = 20 * Math.log10(255);
    Map<GridScope, Double> ratios = ratios((s, b, t, c) -> 1, 8);
    assertThat(ratios.get(GridScope.TENSOR)).isCloseTo(expected, within(0.3));
    assertThat(ratios.get(GridScope.TIMESTEP)).isCloseTo(expected, within(0.3));
    assertThat(ratios.get(GridScope.BRANCH)).isCloseTo(expected, within(0.3));
    assertThat(ratios.get(GridScope.CHANNEL)).isCloseTo(expected, within(0.3));
    assertThat(ratios((s, b, t, c) -> 1, 6).get(GridScope.TENSOR))
        .isCloseTo(20 * Math.log10(63), within(0.3));
  }

  @Test
  void eachVariationIsSeenByTheGridsThatFollowIt() {
    requireBest(GridScope.TIMESTEP, (s, b, t, c) -> s == 0 ? 1 : 16);
    requireBest(GridScope.BRANCH, (s, b, t, c) -> b == 0 ? 1 : 16);
    requireBest(GridScope.TOKEN, (s, b, t, c) -> t == 0 ? 64 : 1);
    requireBest(GridScope.CHANNEL, (s, b, t, c) -> c == 0 ? 64 : 1);
  }

  /** Grids that do not follow the variation but a static scale gain nothing like it. */
  private static void requireBest(GridScope scope, Magnitude magnitude) {
    // Noise where the signal is small is what counts, so that a large part must not hide it.
    Map<GridScope, Double> ratios = ratios(magnitude, 8);
    for (GridScope other : GridScope.values()) {
      boolean follows = other == scope || other == GridScope.TOKEN && scope != GridScope.CHANNEL;
      if (!follows) {
        assertThat(ratios.get(scope) - ratios.get(other))
            .as("%s over %s", scope, other)
            .isGreaterThan(1);
      }
    }
  }

  @Test
  void errorsCountAsTheWeightsSayOfTheirChannel() {
    Tensor[] inputs = new Tensor[2];
    InputProfile profile = profile((s, b, t, c) -> c == 0 ? 64 : 1, inputs);
    GridErrors errors = new GridErrors(IntegerFormat.asymmetric(8), profile);
    errors.add(0, 0, InputHalves.of(inputs[0], 2, true).get(0));
    double[] large = new double[CHANNELS];
    large[0] = 1;
    double[] small = new double[CHANNELS];
    small[1] = 1;
    // The large channel has the whole grid, the small one a 64th of it: 36 dB.
    assertThat(
            errors.signalToNoise(large).get(GridScope.TENSOR)
                - errors.signalToNoise(small).get(GridScope.TENSOR))
        .isCloseTo(20 * Math.log10(64), within(2.0));
  }

  @Test
  void variationsAreFactors() {
    Tensor[] inputs = new Tensor[2];
    Variations steps = profile((s, b, t, c) -> s == 0 ? 1 : 16, inputs).variations();
    assertThat(steps.timesteps()).isCloseTo(16, within(1.0));
    assertThat(steps.branches()).isBetween(1.0, 1.1);
    Variations branches = profile((s, b, t, c) -> b == 0 ? 1 : 16, inputs).variations();
    assertThat(branches.branches()).isCloseTo(16, within(1.0));
    assertThat(branches.timesteps()).isBetween(1.0, 1.1);
    assertThat(profile((s, b, t, c) -> c == 3 ? 64 : 1, inputs).variations().channels())
        .isCloseTo(64, within(4.0));
    assertThat(profile((s, b, t, c) -> t == 3 ? 64 : 1, inputs).variations().tokens())
        .isCloseTo(64, within(8.0));
  }

  @Test
  void zerosLoseNothing() {
    Map<GridScope, Double> ratios = ratios((s, b, t, c) -> 0, 8);
    assertThat(ratios.values()).allMatch(ratio -> ratio == 150);
    Tensor[] inputs = new Tensor[2];
    assertThat(profile((s, b, t, c) -> 0, inputs).variations())
        .isEqualTo(new Variations(1, 1, 1, 1));
  }

  @Test
  void whatIsNoBatchOfBothBranchesIsNotDivided() {
    assertThat(InputHalves.of(Tensor.zeros(4, 2, 3), 4, true)).hasSize(2);
    assertThat(InputHalves.of(Tensor.zeros(4, 2, 3), 4, false)).hasSize(1);
    assertThat(InputHalves.of(Tensor.zeros(1, 2, 3), 4, true)).hasSize(1);
    assertThat(InputHalves.of(Tensor.zeros(3, 2), 3, true)).hasSize(1);
  }
}
