package org.viditq.core.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.UsageException;

class SchedulerFactoryTest {
  private static ObjectNode options(String className) {
    return JsonNodeFactory.instance.objectNode().put("_class_name", className);
  }

  private static JsonConfig config(ObjectNode options) {
    return JsonConfig.of(options, "scheduler_config.json");
  }

  @ParameterizedTest
  @CsvSource({
    "DPMSolverMultistepScheduler, DpmSolverMultistepScheduler",
    "DPMSolverSinglestepScheduler, DpmSolverSinglestepScheduler",
    "UniPCMultistepScheduler, UniPcMultistepScheduler",
    "DEISMultistepScheduler, DeisMultistepScheduler",
    "EulerDiscreteScheduler, EulerDiscreteScheduler",
    "EulerAncestralDiscreteScheduler, EulerAncestralDiscreteScheduler",
    "HeunDiscreteScheduler, HeunDiscreteScheduler",
    "LCMScheduler, LcmScheduler",
    "DDIMScheduler, DdimScheduler",
    "DDPMScheduler, DdpmScheduler",
    "PNDMScheduler, PndmScheduler",
    "IDDPM, IddpmScheduler",
  })
  void classesOfDiffusersAreKnownByTheirNames(String className, String ours) {
    JsonConfig config = config(options(className));
    assertThat(SchedulerFactory.fromConfig(config).getClass().getSimpleName()).isEqualTo(ours);
    assertThat(SchedulerFactory.byName(className, config).getClass().getSimpleName())
        .isEqualTo(ours);
  }

  static List<String> names() {
    return SchedulerFactory.names();
  }

  /** What a folder says for a scheduler that is not made is in nobody's way. */
  @ParameterizedTest
  @MethodSource("names")
  void anotherSchedulerThanTheFoldersOwnIsMadeAlone(String name) {
    ObjectNode foreign =
        options("FlowMatchEulerDiscreteScheduler")
            .put("shift", 3.0)
            .put("invert_sigmas", true)
            .put("an_option_of_next_year", "on");
    assertThatThrownBy(() -> SchedulerFactory.fromConfig(config(foreign)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("FlowMatchEulerDiscreteScheduler")
        .hasMessageContaining("choose one of")
        .hasMessageContaining(name)
        .hasMessageContaining("--scheduler");
    assertThat(SchedulerFactory.byName(name, config(foreign)).start(5).timesteps()).isNotEmpty();
  }

  /** Options of other classes mean nothing to this one, as in diffusers. */
  @ParameterizedTest
  @MethodSource("names")
  void optionsOfOtherClassesAreIgnored(String name) {
    ObjectNode karras =
        options("DPMSolverMultistepScheduler")
            .put("use_karras_sigmas", true)
            .put("algorithm_type", "sde-dpmsolver++")
            .put("solver_type", "heun")
            .put("solver_order", 2)
            .put("lower_order_final", true)
            .put("lambda_min_clipped", Double.NEGATIVE_INFINITY);
    assertThat(SchedulerFactory.byName(name, config(karras)).start(5).timesteps()).isNotEmpty();
  }

  @Test
  void namesImplyOptions() {
    JsonConfig plain = config(options("DPMSolverMultistepScheduler").put("use_beta_sigmas", true));
    double[] times = SchedulerFactory.byName("dpmsolver++-karras", plain).start(6).timesteps();
    JsonConfig karras =
        config(options("DPMSolverMultistepScheduler").put("use_karras_sigmas", true));
    assertThat(times).containsExactly(SchedulerFactory.fromConfig(karras).start(6).timesteps());
    JsonConfig stochastic =
        config(options("DPMSolverMultistepScheduler").put("algorithm_type", "sde-dpmsolver++"));
    // By its class name a scheduler is what the configuration says.
    for (Map.Entry<String, Boolean> draws :
        Map.of(
                "dpmsolver++", false,
                "dpmsolver++-sde", true,
                "DPMSolverMultistepScheduler", true)
            .entrySet()) {
      boolean[] drawn = new boolean[1];
      org.viditq.core.tensor.Tensor x = org.viditq.core.tensor.Tensor.full(1, 1, 2);
      SchedulerFactory.byName(draws.getKey(), stochastic)
          .start(4)
          .step(
              x,
              0,
              x,
              shape -> {
                drawn[0] = true;
                return x;
              });
      assertThat(drawn[0]).as(draws.getKey()).isEqualTo(draws.getValue());
    }
  }

  @Test
  void defaultsAreThoseOfTheClass() {
    double lcm = SchedulerFactory.fromConfig(config(options("LCMScheduler"))).betas().beta(0);
    double ddim = SchedulerFactory.fromConfig(config(options("DDIMScheduler"))).betas().beta(0);
    assertThat((float) lcm).isEqualTo(0.00085f);
    assertThat((float) ddim).isEqualTo(0.0001f);
  }

  @Test
  void unknownOptionsThatAreOnAreNamedWithAnAdviceThatWorks() {
    ObjectNode options = options("DPMSolverMultistepScheduler").put("an_option_of_next_year", 3);
    assertThatThrownBy(() -> SchedulerFactory.fromConfig(config(options)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("an_option_of_next_year = 3")
        .hasMessageContaining("switch it off or choose another scheduler with --scheduler");
    SchedulerFactory.byName("ddim", config(options));
    SchedulerFactory.fromConfig(config(options.put("an_option_of_next_year", false)));
  }

  @Test
  void optionsThatAreOffAreNoObstacle() {
    ObjectNode options =
        options("DPMSolverMultistepScheduler")
            .put("_diffusers_version", "1")
            .put("thresholding", false)
            .put("use_flow_sigmas", false)
            .put("an_option_of_next_year", false);
    options.putNull("trained_betas").putNull("variance_type").putNull("an_option_of_2030");
    assertThat(SchedulerFactory.fromConfig(config(options)).start(4).timesteps())
        .containsExactly(999, 749, 500, 250);
  }

  @Test
  void unknownNamesGetTheListOfNames() {
    assertThatThrownBy(() -> SchedulerFactory.byName("plms", config(options("LCMScheduler"))))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("plms")
        .hasMessageContaining("dpmsolver++, dpmsolver++-karras")
        .hasMessageContaining("iddpm");
  }
}
