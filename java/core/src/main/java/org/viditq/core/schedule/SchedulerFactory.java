package org.viditq.core.schedule;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.Function;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.UsageException;

/** Makes schedulers from diffusers' configurations. */
public final class SchedulerFactory {
  /** A scheduler as {@code --scheduler} and as diffusers name it. */
  private record Kind(String name, String className, Function<JsonConfig, Scheduler> factory) {}

  private static final List<Kind> KINDS =
      List.of(
          new Kind(
              "dpmsolver++",
              "DPMSolverMultistepScheduler",
              DpmSolverMultistepScheduler::fromConfig),
          new Kind(
              "dpmsolver++-continuous",
              "continuous DPM-Solver++ of the original PixArt code",
              ContinuousDpmSolverScheduler::fromConfig),
          new Kind("ddim", "DDIMScheduler", DdimScheduler::fromConfig),
          new Kind("ddpm", "DDPMScheduler", DdpmScheduler::fromConfig));

  private SchedulerFactory() {}

  /** {@link #fromConfig} for a parsed {@code scheduler_config.json}. */
  public static Scheduler fromJson(JsonNode config) {
    return fromConfig(JsonConfig.of(config, "scheduler_config.json"));
  }

  /**
   * The scheduler that the configuration's {@code _class_name} names.
   *
   * @throws InvalidModelException if the class or one of its options is not supported
   */
  public static Scheduler fromConfig(JsonConfig config) {
    String className = config.getString("_class_name");
    return KINDS.stream()
        .filter(kind -> kind.className().equals(className))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidModelException(
                    config.source()
                        + ": the scheduler "
                        + className
                        + " is not supported; choose one of "
                        + String.join(", ", names())
                        + " with --scheduler."))
        .factory()
        .apply(config);
  }

  /** The names that {@link #byName} knows, for {@code --scheduler}. */
  public static List<String> names() {
    return KINDS.stream().map(Kind::name).toList();
  }

  /**
   * The scheduler called {@code name}, with the noise schedule and the options of the pipeline's
   * own configuration as far as they concern it. Predicted clean samples are clipped only if that
   * configuration says so or is this scheduler's own: latents have no bounds.
   *
   * @throws UsageException if there is no such scheduler
   * @throws InvalidModelException if one of the options is not supported
   */
  public static Scheduler byName(String name, JsonConfig config) {
    Kind chosen =
        KINDS.stream()
            .filter(kind -> kind.name().equals(name))
            .findFirst()
            .orElseThrow(
                () ->
                    new UsageException(
                        "There is no scheduler "
                            + name
                            + "; choose one of "
                            + String.join(", ", names())
                            + "."));
    boolean own = config.getString("_class_name", "").equals(chosen.className());
    return chosen.factory().apply(own ? config : withoutClippingByDefault(config));
  }

  private static JsonConfig withoutClippingByDefault(JsonConfig config) {
    ObjectNode options = config.node().deepCopy();
    if (!config.has("clip_sample")) {
      options.put("clip_sample", false);
    }
    return JsonConfig.of(options, config.source());
  }
}
