package org.viditq.core.schedule;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.fuzz.Fuzz;
import org.viditq.core.fuzz.JsonMutations;
import org.viditq.core.io.StrictJson;
import org.viditq.core.tensor.Tensor;

/** Whatever a configuration says: every scheduler samples with it or refuses it in one sentence. */
class SchedulerFuzzTest {
  private static final int CASES = 3000;

  /** Every option of every class, each at a value that makes sense. */
  private static final String EVERYTHING =
      """
      {
        "_class_name": "DPMSolverMultistepScheduler",
        "algorithm_type": "dpmsolver++",
        "beta_end": 0.02,
        "beta_schedule": "linear",
        "beta_start": 0.0001,
        "clip_sample": true,
        "clip_sample_range": 1.0,
        "disable_corrector": [1],
        "dynamic_thresholding_ratio": 0.9,
        "eta": 0.5,
        "euler_at_final": false,
        "final_sigmas_type": "sigma_min",
        "interpolation_type": "linear",
        "lambda_min_clipped": -5.1,
        "lower_order_final": true,
        "num_train_timesteps": 100,
        "original_inference_steps": 20,
        "predict_x0": true,
        "prediction_type": "v_prediction",
        "rescale_betas_zero_snr": true,
        "sample_max_value": 2.0,
        "sampler": "p_sample",
        "set_alpha_to_one": true,
        "sigma_max": 10.0,
        "sigma_min": 0.1,
        "skip_prk_steps": true,
        "solver_order": 3,
        "solver_type": "heun",
        "steps_offset": 1,
        "thresholding": true,
        "timestep_scaling": 10.0,
        "timestep_spacing": "trailing",
        "timestep_type": "discrete",
        "use_karras_sigmas": true,
        "variance_type": "fixed_small"
      }
      """;

  @Test
  void configurations() {
    List<String> names = SchedulerFactory.names();
    Fuzz.run(
        17,
        CASES,
        random -> {
          String json = JsonMutations.withOtherValues(EVERYTHING, random);
          JsonConfig config;
          try {
            config =
                JsonConfig.of(StrictJson.parse(json.getBytes(StandardCharsets.UTF_8)), "config");
          } catch (JsonProcessingException malformed) {
            return;
          }
          Scheduler scheduler =
              SchedulerFactory.byName(names.get(random.nextInt(names.size())), config);
          SamplingRun run = scheduler.start(1 + random.nextInt(12));
          int channels = scheduler.usesLearnedVariance() ? 4 : 2;
          Tensor x = run.initialSample(Tensor.full(0.5f, 1, 2, 1));
          for (int i = 0; i < run.timesteps().length; i++) {
            Tensor output = Tensor.full(0.25f, 1, channels, 1);
            x = run.step(output, i, x, shape -> Tensor.full(0.1f, shape.toArray()));
          }
        });
  }
}
