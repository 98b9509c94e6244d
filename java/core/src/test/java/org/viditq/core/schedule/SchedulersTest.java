package org.viditq.core.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.random.NoiseSource;
import org.viditq.core.tensor.Tensor;

class SchedulersTest {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS.mappedFeature());
  private static final NoiseSource NO_NOISE =
      shape -> {
        throw new AssertionError("A deterministic sampler asked for noise.");
      };

  private static JsonNode json(String options) {
    try {
      return JSON.readTree("{" + options.replace('\'', '"') + "}");
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
    "dpmsolver++-karras, 'solver_order':3",
    "dpmsolver++, 'use_exponential_sigmas':true",
    "dpmsolver++, 'use_beta_sigmas':true",
    "dpmsolver++, 'use_lu_lambdas':true",
    "dpmsolver++, 'rescale_betas_zero_snr':true",
    "dpmsolver++-singlestep, 'solver_order':2",
    "dpmsolver++-singlestep, 'solver_order':3",
    "dpmsolver++-singlestep, 'solver_order':3,'solver_type':'heun'",
    "unipc, 'solver_order':1",
    "unipc, 'solver_order':3",
    "unipc, 'solver_order':3,'solver_type':'bh1'",
    "euler, 'timestep_spacing':'trailing'",
    "euler-karras, 'timestep_spacing':'linspace'",
    "ddim, 'clip_sample':false",
    "ddim, 'beta_schedule':'scaled_linear'",
    "ddim, 'rescale_betas_zero_snr':true,'timestep_spacing':'trailing'",
  })
  void aPerfectDenoiserIsFollowedToTheCleanSample(String name, String options) {
    String settings = options + ",'prediction_type':'sample'";
    for (int steps : new int[] {1, 2, 3, 9, 20}) {
      SamplingRun run = scheduler(name, settings).start(steps);
      Tensor clean = Tensor.of(new float[] {0.5f, -0.25f, 0.75f, 0}, 1, 4);
      Tensor x = run.initialSample(Tensor.of(new float[] {1.5f, -2, 0.25f, 3}, 1, 4));
      for (int i = 0; i < run.timesteps().length; i++) {
        x = run.step(clean, i, x, NO_NOISE);
      }
      assertThat(run.sigmas()[steps]).isZero();
      assertThat(x.data()).containsExactly(clean.data(), within(1e-6f));
    }
  }

  /** The same where the last step of no length leaves no noise: only steps of Heun count double. */
  @Test
  void heunFollowsAPerfectDenoiserToTheCleanSample() {
    for (int steps : new int[] {1, 2, 5}) {
      SamplingRun run = scheduler("heun", "'prediction_type':'sample'").start(steps);
      assertThat(run.timesteps()).hasSize(2 * steps - 1);
      assertThat(run.sigmas()).hasSize(2 * steps);
      Tensor clean = Tensor.of(new float[] {0.5f, -0.25f}, 1, 2);
      Tensor x = run.initialSample(Tensor.of(new float[] {1.5f, -2}, 1, 2));
      for (int i = 0; i < 2 * steps - 1; i++) {
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
        "dpmsolver++; 'use_flow_sigmas':true; use_flow_sigmas",
        "dpmsolver++; 'use_dynamic_shifting':true; use_dynamic_shifting",
        "dpmsolver++; 'solver_order':4; solver_order",
        "dpmsolver++; 'solver_type':'rk4'; solver_type",
        "dpmsolver++; 'final_sigmas_type':'none'; final_sigmas_type",
        "dpmsolver++; 'prediction_type':'flow_prediction'; prediction_type",
        "dpmsolver++; 'timestep_spacing':'log'; timestep_spacing",
        "dpmsolver++; 'lambda_min_clipped':NaN; lambda_min_clipped",
        "dpmsolver++; 'lambda_min_clipped':50; lambda_min_clipped",
        "dpmsolver++; 'use_karras_sigmas':true,'use_beta_sigmas':true; use_beta_sigmas",
        "dpmsolver++; 'thresholding':true,'dynamic_thresholding_ratio':2; dynamic_thresholding",
        "dpmsolver++; 'beta_start':1e-12,'beta_end':1e-11; float32",
        "dpmsolver++; 'rescale_betas_zero_snr':true,'num_train_timesteps':1; zero_snr",
        "DPMSolverMultistepScheduler; 'algorithm_type':'dpmsolver'; final_sigmas_type",
        "DPMSolverMultistepScheduler; 'algorithm_type':'rk'; algorithm_type",
        "DPMSolverSinglestepScheduler; 'algorithm_type':'sde-dpmsolver'; algorithm_type",
        "unipc; 'predict_x0':false; final_sigmas_type",
        "unipc; 'lower_order_final':false; lower_order_final",
        "unipc; 'solver_type':'bh3'; solver_type",
        "unipc; 'sigma_max':0.1,'sigma_min':0.2; sigma_max",
        "unipc; 'sigma_min':1000; sigma_min",
        "unipc; 'disable_corrector':true; disable_corrector",
        "UniPCMultistepScheduler; 'shift_terminal':0.1; shift_terminal",
        "UniPCMultistepScheduler; 'solver_p':{}; solver_p",
        "deis; 'solver_type':'rk4'; solver_type",
        "euler; 'interpolation_type':'cubic'; interpolation_type",
        "euler; 'timestep_type':'x'; timestep_type",
        "euler; 'sigma_max':-1; sigma_max",
        "lcm; 'original_inference_steps':2000; original_inference_steps",
        "lcm; 'timestep_scaling':0; timestep_scaling",
        "pndm; 'prediction_type':'sample'; prediction_type",
        "ddim; 'eta':2; eta",
        "ddim; 'beta_schedule':'quadratic'; beta_schedule",
        "ddim; 'beta_end':1.5; beta",
        "ddim; 'trained_betas':[0.1,0.2]; trained_betas",
        "ddpm; 'variance_type':'learned'; variance_type",
        "ddpm; 'variance_type':'fixed_large_log'; variance_type",
        "ddpm; 'num_train_timesteps':0; num_train_timesteps",
        "iddpm; 'sampler':'plms'; sampler",
        "iddpm; 'prediction_type':'v_prediction'; prediction_type",
        "dpmsolver++-continuous; 'prediction_type':'v_prediction'; prediction_type",
      })
  void optionsThatAreNotImplementedAreRefused(String name, String option, String named) {
    assertThatThrownBy(() -> scheduler(name, option))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(named);
  }

  @ParameterizedTest
  @CsvSource({
    "dpmsolver++, 0",
    "dpmsolver++, 1000",
    "dpmsolver++, 1001",
    "dpmsolver++-continuous, 1",
    "ddim, 0",
    "dpmsolver++-karras, 1001",
    "dpmsolver++-singlestep, 0",
    "unipc, 0",
    "deis, 2000",
    "euler, 0",
    "euler-ancestral, 1001",
    "heun, -5",
    "lcm, 51",
    "lcm, 0",
    "pndm, 3",
    "iddpm, 0",
    "iddpm, 1001",
    "ddpm, -1",
    "ddpm, 1001"
  })
  void impossibleStepCountsAreRefused(String name, int steps) {
    assertThatThrownBy(() -> scheduler(name, "").start(steps)).isInstanceOf(UsageException.class);
  }

  static List<String> names() {
    return SchedulerFactory.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void stepsMustComeInOrder(String name) {
    SamplingRun run = scheduler(name, "'clip_sample':false").start(4);
    Tensor x = Tensor.full(1, 1, 2, 2);
    assertThatThrownBy(() -> step(name, run, 1, x)).isInstanceOf(IllegalStateException.class);
    for (int i = 0; i < run.timesteps().length; i++) {
      step(name, run, i, x);
      int again = i;
      assertThatThrownBy(() -> step(name, run, again, x)).isInstanceOf(IllegalStateException.class);
    }
    int beyond = run.timesteps().length;
    assertThatThrownBy(() -> step(name, run, beyond, x))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("ended");
  }

  private static Tensor step(String name, SamplingRun run, int step, Tensor x) {
    boolean learned = scheduler(name, "").usesLearnedVariance();
    Tensor output = learned ? Tensor.zeros(1, 4, 2) : Tensor.zeros(1, 2, 2);
    return run.step(output, step, x, shape -> Tensor.full(0.5f, shape.toArray()));
  }

  @ParameterizedTest
  @MethodSource("names")
  void outputsMustFitTheSample(String name) {
    SamplingRun run = scheduler(name, "").start(4);
    assertThatThrownBy(() -> run.step(Tensor.zeros(1, 3, 1), 0, Tensor.zeros(1, 2, 1), NO_NOISE))
        .isInstanceOf(ShapeException.class);
  }

  /** One noise level more than evaluations, never rising, all of them told in descending times. */
  @ParameterizedTest
  @MethodSource("names")
  void gridsDescend(String name) {
    for (int steps : new int[] {4, 5, 20, 50}) {
      SamplingRun run = scheduler(name, "").start(steps);
      double[] times = run.timesteps();
      double[] sigmas = run.sigmas();
      assertThat(sigmas).hasSize(times.length + 1);
      for (int i = 0; i < times.length; i++) {
        assertThat(sigmas[i + 1]).isLessThanOrEqualTo(sigmas[i]);
        assertThat(times[i]).isBetween(0.0, 999.0);
        assertThat(i == 0 || times[i] <= times[i - 1]).isTrue();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void aRunIsTheSameTwice(String name) {
    Tensor x = Tensor.of(new float[] {0.5f, -1, 2, 0.1f}, 1, 2, 2);
    for (int repetition = 0; repetition < 2; repetition++) {
      SamplingRun first = scheduler(name, "").start(6);
      SamplingRun second = scheduler(name, "").start(6);
      Tensor a = first.initialSample(x);
      Tensor b = second.initialSample(x);
      for (int i = 0; i < first.timesteps().length; i++) {
        a = step(name, first, i, a);
        b = step(name, second, i, b);
        assertThat(a.data()).isEqualTo(b.data());
      }
    }
  }

  /** Image-to-image begins in the middle, where a perfect denoiser still finds the clean sample. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "dpmsolver++",
        "dpmsolver++-karras",
        "dpmsolver++-singlestep",
        "unipc",
        "euler",
        "euler-karras",
        "heun",
        "ddim"
      })
  void aRunMayBeginInTheMiddle(String name) {
    Tensor clean = Tensor.of(new float[] {0.5f, -0.25f}, 1, 2);
    Tensor noise = Tensor.of(new float[] {1, -2}, 1, 2);
    for (int begin = 0; begin < 8; begin++) {
      SamplingRun run = scheduler(name, "'prediction_type':'sample','solver_order':3").start(8);
      Tensor x = run.noisy(clean, noise, begin);
      run.begin(begin);
      // The denoiser is told where the noisy sample is: noise is all that is off.
      double sigma = run.sigmas()[begin];
      double scale = Math.hypot(1, sigma);
      boolean preserving = run.initialNoiseSigma() == 1;
      float expected = (float) ((0.5 + sigma) / (preserving ? scale : 1));
      assertThat(x.data()[0]).isCloseTo(expected, within(1e-4f * (float) scale));
      for (int i = begin; i < run.timesteps().length; i++) {
        x = run.step(clean, i, x, NO_NOISE);
      }
      assertThat(x.data()).containsExactly(clean.data(), within(1e-6f));
    }
  }

  @Test
  void aRunBeginsOnce() {
    SamplingRun run = scheduler("ddim", "").start(4);
    assertThatThrownBy(() -> run.begin(4)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> run.begin(-1)).isInstanceOf(IllegalStateException.class);
    run.begin(2);
    run.step(Tensor.zeros(1, 2), 2, Tensor.zeros(1, 2), NO_NOISE);
    assertThatThrownBy(() -> run.begin(3)).isInstanceOf(IllegalStateException.class);
    SamplingRun rungeKutta = scheduler("pndm", "").start(8);
    assertThatThrownBy(() -> rungeKutta.begin(2)).isInstanceOf(UsageException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "ddpm; 400",
        "ddpm; 999,600,0",
        "lcm; 999,759",
        "dpmsolver++; 999,845,730",
        "euler; 999,20.5",
        "heun; 999,20.5",
        "dpmsolver++-singlestep; 999,500,20"
      })
  void timestepsOfOnesOwnAreTaken(String name, String times) {
    double[] own = numbers(times);
    String betas = "'beta_start':1e-4,'beta_end':0.02,'beta_schedule':'linear'";
    SamplingRun run = scheduler(name, betas).startAt(own);
    assertThat(run.timesteps()).startsWith(own[0]).endsWith(own[own.length - 1]);
    assertThat(run.sigmas()[0]).isCloseTo(sigmaAt(own[0]), within(sigmaAt(own[0]) * 1e-5));
  }

  private static double[] numbers(String list) {
    return Arrays.stream(list.split(",")).mapToDouble(Double::parseDouble).toArray();
  }

  private static double sigmaAt(double time) {
    return BetaSchedule.linear(1e-4, 0.02, 1000).sigma((int) time);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "ddpm; 400,500; below the one before",
        "ddpm; 400,400; below the one before",
        "ddpm; 1000; between 0 and 999",
        "ddpm; 5,-1; between 0 and 999",
        "ddpm; NaN; between 0 and 999",
        "ddpm; 400.5; whole",
        "lcm; 400.5; whole",
        "dpmsolver++; 400.5; whole",
        "euler; 999.5; between 0 and 999",
        "dpmsolver++-karras; 400; use_karras_sigmas",
        "euler-karras; 400; use_karras_sigmas",
        "ddim; 400; no timesteps",
        "unipc; 400; no timesteps",
        "euler-ancestral; 400; no timesteps",
      })
  void timestepsThatDoNotFitAreRefused(String name, String times, String named) {
    assertThatThrownBy(() -> scheduler(name, "").startAt(numbers(times)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(named);
  }

  @Test
  void noTimestepsAreRefused() {
    assertThatThrownBy(() -> scheduler("ddpm", "").startAt()).isInstanceOf(UsageException.class);
    assertThatThrownBy(() -> scheduler("euler", "").startAtSigmas())
        .isInstanceOf(UsageException.class);
  }

  @Test
  void sigmasOfOnesOwnAreTaken() {
    double[] sigmas = {14.5, 3, 0.5, 0};
    SamplingRun run = scheduler("euler", "").startAtSigmas(sigmas);
    assertThat(run.sigmas()).containsExactly(sigmas);
    assertThat(run.timesteps()).hasSize(3);
    assertThat(sigmaAt(run.timesteps()[0])).isLessThanOrEqualTo(14.5);
    assertThat(sigmaAt(run.timesteps()[0] + 1)).isGreaterThan(14.5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "1,2", "3,3,0", "0,0", "3,-1", "NaN,0", "Infinity,1"})
  void sigmasThatDoNotFitAreRefused(String sigmas) {
    assertThatThrownBy(() -> scheduler("euler", "").startAtSigmas(numbers(sigmas)))
        .isInstanceOf(UsageException.class);
    assertThatThrownBy(() -> scheduler("ddim", "").startAtSigmas(numbers(sigmas)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("choose euler");
  }

  /** Where nothing of the signal is left, a predicted noise says nothing of it. */
  @ParameterizedTest
  @ValueSource(strings = {"ddim", "ddpm", "lcm"})
  void noiseCannotBePredictedWithoutSignal(String name) {
    String rescaled = "'rescale_betas_zero_snr':true,'timestep_spacing':'trailing'";
    assertThatThrownBy(() -> scheduler(name, rescaled).start(4))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("999")
        .hasMessageContaining("euler");
    scheduler("euler", rescaled).start(4);
    scheduler("dpmsolver++", rescaled).start(4);
    SamplingRun run = scheduler(name, rescaled + ",'prediction_type':'v_prediction'").start(4);
    assertThat(run.sigmas()[0]).isInfinite();
    Tensor noise = Tensor.full(2, 1, 2);
    assertThat(run.noisy(Tensor.full(5, 1, 2), noise, 0).data()).isEqualTo(noise.data());
  }

  @Test
  void thresholdsFollowEachSample() {
    // Half of the magnitudes of the first sample lie below 2, those of the second below 1.
    Tensor clean = Tensor.of(new float[] {1, -2, 2, 6, 0.5f, 0.5f, -0.5f, 0.5f}, 2, 1, 4);
    String settings =
        "'prediction_type':'sample','thresholding':true,'dynamic_thresholding_ratio':0.5,"
            + "'sample_max_value':10";
    Tensor x = scheduler("ddim", settings).start(1).step(clean, 0, Tensor.zeros(2, 1, 4), NO_NOISE);
    assertThat(x.data()).containsExactly(0.5f, -1, 1, 1, 0.5f, 0.5f, -0.5f, 0.5f);
  }

  @Test
  void iddpmGuidesThreeChannelsAndOthersAll() {
    assertThat(scheduler("iddpm", "").guidedChannels(4)).isEqualTo(3);
    assertThat(scheduler("iddpm", "").guidedChannels(2)).isEqualTo(2);
    assertThat(scheduler("ddpm", "").guidedChannels(4)).isEqualTo(4);
    assertThat(scheduler("iddpm", "").usesLearnedVariance()).isTrue();
    assertThat(scheduler("iddpm", "'sampler':'ddim'").usesLearnedVariance()).isFalse();
  }

  @Test
  void respacedProcessesStartBySections() {
    IddpmScheduler scheduler = (IddpmScheduler) scheduler("iddpm", "");
    assertThat(scheduler.startSpaced("ddim4").timesteps()).containsExactly(750, 500, 250, 0);
    assertThat(scheduler.start(3).timesteps()).containsExactly(999, 500, 0);
    assertThat(scheduler.startSpaced("2,3").timesteps()).containsExactly(999, 750, 500, 499, 0);
    // A shortened process passes the same noise levels.
    SpacedDiffusion process = scheduler.spaced("2,3");
    for (int i = 0; i < process.steps(); i++) {
      assertThat(process.betas().alphaCumprod(i))
          .isCloseTo(scheduler.betas().alphaCumprod(process.timestepMap()[i]), within(1e-12));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0",
        "-3",
        "x",
        "ddim",
        "ddim0",
        "ddim300",
        "501,3",
        "1,,2",
        "1001",
        "5,0",
        "99999999999"
      })
  void respacingsThatDoNotFitAreRefused(String sections) {
    assertThatThrownBy(() -> TimestepRespacing.steps(1000, sections))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("respacing");
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
