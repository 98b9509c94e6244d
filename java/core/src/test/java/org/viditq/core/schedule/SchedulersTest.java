package org.viditq.core.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.random.NoiseSource;
import org.viditq.core.tensor.Tensor;

class SchedulersTest {
  private static final NoiseSource NO_NOISE =
      shape -> {
        throw new AssertionError("A deterministic sampler asked for noise.");
      };

  private static JsonNode json(String options) {
    try {
      return new ObjectMapper().readTree("{" + options.replace('\'', '"') + "}");
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Scheduler scheduler(String name, String options) {
    return SchedulerFactory.byName(name, JsonConfig.of(json(options), "test"));
  }

  /**
   * If the denoiser always knows the clean sample, every deterministic solver must end there: each
   * update is a combination of the sample and that one prediction.
   */
  @ParameterizedTest
  @CsvSource({
    "dpmsolver++, 'solver_order':1",
    "dpmsolver++, 'solver_order':2",
    "dpmsolver++, 'solver_order':3",
    "dpmsolver++, 'solver_type':'heun'",
    "dpmsolver++, 'timestep_spacing':'trailing'",
    "dpmsolver++, 'timestep_spacing':'leading'",
    "dpmsolver++, 'beta_schedule':'squaredcos_cap_v2'",
    "ddim, 'clip_sample':false",
    "ddim, 'beta_schedule':'scaled_linear'",
  })
  void aPerfectDenoiserIsFollowedToTheCleanSample(String name, String options) {
    String settings = options + ",'prediction_type':'sample'";
    for (int steps : new int[] {1, 2, 3, 9, 20}) {
      SamplingRun run = scheduler(name, settings).start(steps);
      Tensor clean = Tensor.of(new float[] {0.5f, -0.25f, 0.75f, 0}, 1, 4);
      Tensor x = Tensor.of(new float[] {1.5f, -2, 0.25f, 3}, 1, 4);
      for (int i = 0; i < steps; i++) {
        x = run.step(clean, i, x, NO_NOISE);
      }
      assertThat(x.data()).containsExactly(clean.data(), within(1e-6f));
    }
  }

  @Test
  void predictionTypesDescribeTheSameSample() {
    double alpha = 0.6;
    double sigma = 0.8;
    double clean = 0.3;
    double noise = -1.1;
    double x = alpha * clean + sigma * noise;
    double[] outputs = {noise, alpha * noise - sigma * clean, clean};
    PredictionType[] types = PredictionType.values();
    for (int i = 0; i < types.length; i++) {
      assertThat(types[i].clean(outputs[i], x, alpha, sigma)).isCloseTo(clean, within(1e-12));
      assertThat(types[i].noise(outputs[i], x, alpha, sigma)).isCloseTo(noise, within(1e-12));
    }
  }

  @Test
  void spacingsPlaceTimesAsPublished() {
    // Lin et al. 2024, table 2, for 10 steps.
    assertThat(TimestepSpacing.LEADING.points(10, 1000, 1))
        .containsExactly(901, 801, 701, 601, 501, 401, 301, 201, 101, 1);
    assertThat(TimestepSpacing.LINSPACE.points(10, 1000, 0))
        .containsExactly(999, 888, 777, 666, 555, 444, 333, 222, 111, 0);
    assertThat(TimestepSpacing.TRAILING.points(10, 1000, 0))
        .containsExactly(999, 899, 799, 699, 599, 499, 399, 299, 199, 99);
  }

  @ParameterizedTest
  @ValueSource(strings = {"fixed_small", "fixed_large"})
  void ancestralSamplingDrawsNoiseForEveryStepButTimeZero(String varianceType) {
    Scheduler scheduler =
        scheduler("ddpm", "'timestep_spacing':'leading','variance_type':'" + varianceType + "'");
    SamplingRun run = scheduler.start(4);
    List<Integer> draws = new ArrayList<>();
    Tensor x = Tensor.full(1, 1, 1, 2);
    for (int i = 0; i < 4; i++) {
      int step = i;
      x =
          run.step(
              Tensor.zeros(1, 1, 2),
              i,
              x,
              shape -> {
                draws.add(step);
                return Tensor.zeros(shape.toArray());
              });
    }
    assertThat(draws).containsExactly(0, 1, 2);
  }

  @Test
  void learnedVariancesInterpolateBetweenTheFixedOnes() {
    Tensor x = Tensor.of(new float[] {0.2f, -0.4f}, 1, 1, 2);
    Tensor prediction = Tensor.of(new float[] {0.1f, 0.3f}, 1, 1, 2);
    NoiseSource ones = shape -> Tensor.full(1, shape.toArray());
    float[] small = firstStep("fixed_small", prediction, x, ones);
    float[] large = firstStep("fixed_large", prediction, x, ones);
    // Variance output -1 means the posterior variance, 1 means beta.
    Tensor learned = Tensor.of(new float[] {0.1f, 0.3f, -1, 1}, 1, 2, 2);
    float[] range = firstStep("learned_range", learned, x, ones);
    assertThat(range[0]).isCloseTo(small[0], within(1e-6f));
    assertThat(range[1]).isCloseTo(large[1], within(1e-6f));
    assertThat(small[0]).isNotEqualTo(large[0]);
  }

  private static float[] firstStep(String type, Tensor output, Tensor x, NoiseSource noise) {
    return scheduler("ddpm", "'variance_type':'" + type + "'")
        .start(10)
        .step(output, 0, x, noise)
        .data();
  }

  @Test
  void clippingBoundsTheCleanSample() {
    String settings = "'prediction_type':'sample','clip_sample':true,'clip_sample_range':0.5";
    for (String name : List.of("ddim", "ddpm")) {
      Tensor x =
          scheduler(name, settings)
              .start(1)
              .step(Tensor.full(3, 1, 1), 0, Tensor.full(0, 1, 1), NO_NOISE);
      assertThat(x.data()[0]).isLessThanOrEqualTo(0.5f);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "dpmsolver++; 'use_karras_sigmas':true; use_karras_sigmas",
        "dpmsolver++; 'thresholding':true; thresholding",
        "dpmsolver++; 'use_lu_lambdas':true; use_lu_lambdas",
        "dpmsolver++; 'algorithm_type':'sde-dpmsolver++'; algorithm_type",
        "dpmsolver++; 'solver_order':4; solver_order",
        "dpmsolver++; 'solver_type':'bh1'; solver_type",
        "dpmsolver++; 'final_sigmas_type':'none'; final_sigmas_type",
        "dpmsolver++; 'variance_type':'learned_range'; variance_type",
        "dpmsolver++; 'prediction_type':'flow_prediction'; prediction_type",
        "dpmsolver++; 'timestep_spacing':'log'; timestep_spacing",
        "dpmsolver++; 'an_option_of_next_year':3; an_option_of_next_year",
        "ddim; 'rescale_betas_zero_snr':true; rescale_betas_zero_snr",
        "ddim; 'eta':2; eta",
        "ddim; 'beta_schedule':'sigmoid'; beta_schedule",
        "ddim; 'beta_end':1.5; beta",
        "ddim; 'trained_betas':[0.1,0.2]; trained_betas",
        "ddpm; 'variance_type':'learned'; variance_type",
        "ddpm; 'num_train_timesteps':0; num_train_timesteps",
        "dpmsolver++-continuous; 'prediction_type':'v_prediction'; prediction_type",
      })
  void optionsThatAreNotImplementedAreRefused(String name, String option, String named) {
    assertThatThrownBy(() -> scheduler(name, option))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(named);
  }

  @Test
  void optionsThatAreOffAreNoObstacle() {
    Scheduler scheduler =
        SchedulerFactory.fromJson(
            json(
                "'_class_name':'DPMSolverMultistepScheduler','_diffusers_version':'1',"
                    + "'thresholding':false,'use_karras_sigmas':false,'trained_betas':null,"
                    + "'variance_type':null,'an_option_of_next_year':false"));
    assertThat(scheduler.start(4).timesteps()).containsExactly(999, 749, 500, 250);
  }

  @Test
  void unknownSchedulersAreNamed() {
    assertThatThrownBy(() -> SchedulerFactory.fromJson(json("'_class_name':'LCMScheduler'")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("LCMScheduler");
    assertThatThrownBy(() -> scheduler("euler", ""))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("dpmsolver++, dpmsolver++-continuous, ddim, ddpm");
  }

  @ParameterizedTest
  @CsvSource({
    "dpmsolver++, 0",
    "dpmsolver++, 1000",
    "dpmsolver++, 1001",
    "dpmsolver++-continuous, 1",
    "ddim, 0",
    "ddpm, -1",
    "ddpm, 1001"
  })
  void impossibleStepCountsAreRefused(String name, int steps) {
    assertThatThrownBy(() -> scheduler(name, "").start(steps)).isInstanceOf(UsageException.class);
  }

  @Test
  void stepsMustComeInOrder() {
    SamplingRun run = scheduler("dpmsolver++", "").start(4);
    Tensor x = Tensor.full(1, 1, 2);
    assertThatThrownBy(() -> run.step(x, 1, x, NO_NOISE)).isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"dpmsolver++", "ddim", "ddpm"})
  void outputsMustFitTheSample(String name) {
    SamplingRun run = scheduler(name, "").start(4);
    assertThatThrownBy(() -> run.step(Tensor.zeros(1, 3), 0, Tensor.zeros(1, 2), NO_NOISE))
        .isInstanceOf(ShapeException.class);
  }

  @Test
  void smallSignalToNoiseRatiosCanBeCutOff() {
    // With lambda at least -2, sampling starts at the first training step that is not noisier.
    BetaSchedule betas = BetaSchedule.squaredCosine(1000);
    double[] times =
        scheduler("dpmsolver++", "'beta_schedule':'squaredcos_cap_v2','lambda_min_clipped':-2")
            .start(10)
            .timesteps();
    assertThat(-Math.log(betas.sigma((int) times[0]))).isGreaterThanOrEqualTo(-2);
    assertThat(-Math.log(betas.sigma((int) times[0] + 1))).isLessThan(-2);
  }
}
