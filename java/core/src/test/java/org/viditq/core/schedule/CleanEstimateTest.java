package org.viditq.core.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.random.SeededNoise;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/** Where the denoiser knows the noise exactly, every step tells the clean sample. */
class CleanEstimateTest {
  private static final String CONFIG =
      "{\"_class_name\":\"DDIMScheduler\",\"num_train_timesteps\":1000,\"beta_start\":0.0001,"
          + "\"beta_end\":0.02,\"beta_schedule\":\"linear\",\"prediction_type\":\"epsilon\","
          + "\"clip_sample\":false,\"set_alpha_to_one\":true,\"steps_offset\":0}";

  @ParameterizedTest
  @ValueSource(strings = {"ddim", "euler", "dpmsolver++", "unipc"})
  void isTheCleanSample(String name) throws Exception {
    Scheduler scheduler =
        SchedulerFactory.byName(
            name,
            JsonConfig.of(
                new com.fasterxml.jackson.databind.ObjectMapper().readTree(CONFIG), "config"));
    SeededNoise noise = new SeededNoise(List.of(1L));
    Tensor clean = noise.draw(Shape.of(1, 4, 2, 2));
    Tensor epsilon = noise.draw(Shape.of(1, 4, 2, 2));
    SamplingRun run = scheduler.start(8);
    boolean exploding = run.initialNoiseSigma() != 1;
    double first = run.sigmas()[0];
    Tensor sample =
        exploding
            ? LinearCombination.of(1, clean, first, epsilon)
            : LinearCombination.of(
                SignalLevel.alpha(first), clean, SignalLevel.sigma(first), epsilon);
    for (int step = 0; step < run.timesteps().length; step++) {
      Tensor after = run.step(epsilon, step, sample, noise);
      float[] estimate = new CleanEstimate(run, step, sample, after).get().data();
      for (int i = 0; i < estimate.length; i++) {
        // Of samples that are up to 160 times the noise, float32 keeps 24 bits.
        assertThat(estimate[i]).as(name + " " + step).isCloseTo(clean.data()[i], within(2e-3f));
      }
      sample = after;
    }
  }
}
