package org.viditq.core.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.tensor.Tensor;

/** Weights of steps, held against the runs that they stand for. */
class LinearStepsTest {
  private static final int STEPS = 9;

  private static Scheduler scheduler(String name, boolean clips) {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.put("num_train_timesteps", 1000);
    config.put("beta_schedule", "linear");
    config.put("beta_start", 0.0001);
    config.put("beta_end", 0.02);
    config.put("clip_sample", clips);
    config.put("variance_type", "fixed_small");
    return SchedulerFactory.byName(name, JsonConfig.of(config, "The test's scheduler"));
  }

  static List<String> names() {
    return SchedulerFactory.names();
  }

  /** Every scheduler that is linear, as a device would do it in float32, with the model's own x. */
  @ParameterizedTest
  @MethodSource("names")
  void stepsAreThoseOfTheScheduler(String name) {
    Scheduler scheduler = scheduler(name, false);
    Optional<LinearSteps> linear = LinearSteps.of(scheduler, () -> scheduler.start(STEPS), 0);
    if (scheduler.usesLearnedVariance()) {
      assertThat(linear).isEmpty();
      return;
    }
    assertThat(linear).as(name).isPresent();
    requireAlike(scheduler, linear.get(), 0);
  }

  @ParameterizedTest
  @CsvSource({"dpmsolver++, 3", "ddim, 4", "euler, 2", "unipc, 5"})
  void stepsMayBeLeftOut(String name, int first) {
    Scheduler scheduler = scheduler(name, false);
    LinearSteps linear =
        LinearSteps.of(scheduler, () -> scheduler.start(STEPS), first).orElseThrow();
    assertThat(linear.steps()).hasSize(STEPS - first);
    requireAlike(scheduler, linear, first);
  }

  private static void requireAlike(Scheduler scheduler, LinearSteps linear, int first) {
    SamplingRun run = scheduler.start(STEPS);
    if (first > 0) {
      run.begin(first);
    }
    Random random = new Random(7);
    List<Tensor> samples = new ArrayList<>();
    List<Tensor> outputs = new ArrayList<>();
    Tensor sample = run.initialSample(normal(random));
    Tensor own = sample;
    for (int k = 0; k < linear.steps().size(); k++) {
      LinearSteps.Step step = linear.steps().get(k);
      assertThat(step.timestep()).isEqualTo(run.timesteps()[first + k]);
      assertThat(run.scaleModelInput(sample, first + k).data()[0])
          .isCloseTo(
              (float) (step.inputScale() * sample.data()[0]),
              org.assertj.core.api.Assertions.within(1e-5f));
      Tensor output = normal(random);
      Tensor noise = normal(random);
      boolean[] drawn = new boolean[1];
      sample =
          run.step(
              output,
              first + k,
              sample,
              shape -> {
                drawn[0] = true;
                return noise;
              });
      assertThat(step.draws()).isEqualTo(drawn[0]);
      samples.add(0, own);
      outputs.add(0, output);
      Tensor next = Tensor.zeros(own.shape().toArray());
      double largest = 1;
      for (int i = 0; i < next.size(); i++) {
        float sum = (float) step.noise() * noise.data()[i];
        for (int j = 0; j < Math.min(linear.depth(), samples.size()); j++) {
          sum += (float) step.samples()[j] * samples.get(j).data()[i];
          sum += (float) step.outputs()[j] * outputs.get(j).data()[i];
        }
        next.data()[i] = sum;
        largest = Math.max(largest, Math.abs(sample.data()[i]));
      }
      for (int i = 0; i < next.size(); i++) {
        assertThat((double) next.data()[i])
            .isCloseTo(sample.data()[i], org.assertj.core.api.Assertions.within(1e-4 * largest));
      }
      own = next;
    }
  }

  private static Tensor normal(Random random) {
    Tensor values = Tensor.zeros(1, 1, 2, 3);
    for (int i = 0; i < values.size(); i++) {
      values.data()[i] = (float) random.nextGaussian();
    }
    return values;
  }

  @Test
  void boundsAreNotLinear() {
    Scheduler clipping = scheduler("ddim", true);
    assertThat(LinearSteps.of(clipping, () -> clipping.start(STEPS), 0)).isEmpty();
  }

  @Test
  void firstOrderStepsLookBackNoFurther() {
    Scheduler ddim = scheduler("ddim", false);
    assertThat(LinearSteps.of(ddim, () -> ddim.start(STEPS), 0).orElseThrow().depth()).isEqualTo(1);
    Scheduler second = scheduler("dpmsolver++", false);
    assertThat(LinearSteps.of(second, () -> second.start(STEPS), 0).orElseThrow().depth())
        .isEqualTo(2);
  }
}
