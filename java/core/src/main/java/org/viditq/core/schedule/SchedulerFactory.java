package org.viditq.core.schedule;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.UsageException;

/** Makes schedulers from diffusers' configurations. */
public final class SchedulerFactory {
  private static final Map<String, Function<JsonConfig, Scheduler>> BY_CLASS =
      Map.of(
          "DPMSolverMultistepScheduler", DpmSolverMultistepScheduler::fromConfig,
          "DDIMScheduler", DdimScheduler::fromConfig,
          "DDPMScheduler", DdpmScheduler::fromConfig);

  private static final Map<String, Function<JsonConfig, Scheduler>> BY_NAME = new LinkedHashMap<>();

  static {
    BY_NAME.put("dpmsolver++", DpmSolverMultistepScheduler::fromConfig);
    BY_NAME.put("dpmsolver++-continuous", ContinuousDpmSolverScheduler::fromConfig);
    BY_NAME.put("ddim", DdimScheduler::fromConfig);
    BY_NAME.put("ddpm", DdpmScheduler::fromConfig);
  }

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
    Function<JsonConfig, Scheduler> factory = BY_CLASS.get(className);
    if (factory == null) {
      throw new InvalidModelException(
          config.source()
              + ": the scheduler "
              + className
              + " is not supported; choose one of "
              + names()
              + " with --scheduler.");
    }
    return factory.apply(config);
  }

  /** The names that {@link #byName} knows, for {@code --scheduler}. */
  public static List<String> names() {
    return List.copyOf(BY_NAME.keySet());
  }

  /**
   * The scheduler called {@code name}, with the noise schedule and the options of the pipeline's
   * own configuration as far as they concern it.
   *
   * @throws UsageException if there is no such scheduler
   * @throws InvalidModelException if one of the options is not supported
   */
  public static Scheduler byName(String name, JsonConfig config) {
    Function<JsonConfig, Scheduler> factory = BY_NAME.get(name);
    if (factory == null) {
      throw new UsageException(
          "There is no scheduler " + name + "; choose one of " + names() + ".");
    }
    return factory.apply(config);
  }
}
