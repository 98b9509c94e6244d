package org.viditq.core.schedule;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.UsageException;

/** Makes schedulers from diffusers' configurations. */
public final class SchedulerFactory {
  /**
   * A scheduler as {@code --scheduler} and as diffusers name it.
   *
   * @param settings options that the name implies, whatever the configuration says
   */
  private record Kind(
      String name,
      String className,
      Map<String, JsonNode> settings,
      Function<JsonConfig, Scheduler> factory) {

    Kind(String name, String className, Function<JsonConfig, Scheduler> factory) {
      this(name, className, Map.of(), factory);
    }
  }

  private static final String MULTISTEP = "DPMSolverMultistepScheduler";

  /** The first of a class is the one that its configurations mean. */
  private static final List<Kind> KINDS =
      List.of(
          new Kind(
              "dpmsolver++",
              MULTISTEP,
              algorithm("dpmsolver++"),
              DpmSolverMultistepScheduler::fromConfig),
          new Kind(
              "dpmsolver++-karras",
              MULTISTEP,
              withKarrasSigmas(algorithm("dpmsolver++")),
              DpmSolverMultistepScheduler::fromConfig),
          new Kind(
              "dpmsolver++-sde",
              MULTISTEP,
              algorithm("sde-dpmsolver++"),
              DpmSolverMultistepScheduler::fromConfig),
          new Kind(
              "dpmsolver++-sde-karras",
              MULTISTEP,
              withKarrasSigmas(algorithm("sde-dpmsolver++")),
              DpmSolverMultistepScheduler::fromConfig),
          new Kind(
              "dpmsolver++-singlestep",
              "DPMSolverSinglestepScheduler",
              algorithm("dpmsolver++"),
              DpmSolverSinglestepScheduler::fromConfig),
          new Kind(
              "dpmsolver++-continuous",
              "continuous DPM-Solver++ of the original PixArt code",
              ContinuousDpmSolverScheduler::fromConfig),
          new Kind("unipc", "UniPCMultistepScheduler", UniPcMultistepScheduler::fromConfig),
          new Kind(
              "deis",
              "DEISMultistepScheduler",
              algorithm("deis"),
              DeisMultistepScheduler::fromConfig),
          new Kind("euler", "EulerDiscreteScheduler", EulerDiscreteScheduler::fromConfig),
          new Kind(
              "euler-karras",
              "EulerDiscreteScheduler",
              withKarrasSigmas(Map.of()),
              EulerDiscreteScheduler::fromConfig),
          new Kind(
              "euler-ancestral",
              "EulerAncestralDiscreteScheduler",
              EulerAncestralDiscreteScheduler::fromConfig),
          new Kind("heun", "HeunDiscreteScheduler", HeunDiscreteScheduler::fromConfig),
          new Kind("lcm", "LCMScheduler", LcmScheduler::fromConfig),
          new Kind("ddim", "DDIMScheduler", DdimScheduler::fromConfig),
          new Kind("ddpm", "DDPMScheduler", DdpmScheduler::fromConfig),
          new Kind("pndm", "PNDMScheduler", PndmScheduler::fromConfig),
          new Kind("iddpm", "IDDPM", IddpmScheduler::fromConfig));

  private SchedulerFactory() {}

  private static Map<String, JsonNode> algorithm(String type) {
    return Map.of("algorithm_type", TextNode.valueOf(type));
  }

  /** Karras' noise levels instead of any others. */
  private static Map<String, JsonNode> withKarrasSigmas(Map<String, JsonNode> settings) {
    Map<String, JsonNode> all = new HashMap<>(settings);
    for (SigmaSpacing spacing : SigmaSpacing.values()) {
      all.put(spacing.option(), BooleanNode.valueOf(spacing == SigmaSpacing.KARRAS));
    }
    return Map.copyOf(all);
  }

  /**
   * The scheduler that the configuration's {@code _class_name} names. Options that only other
   * classes have are ignored, as diffusers does.
   *
   * @throws InvalidModelException if the class is not supported, or an option that is on is not
   *     supported by it or not known at all
   */
  public static Scheduler fromConfig(JsonConfig config) {
    String className = config.getString("_class_name");
    return ofClass(className)
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

  private static Optional<Kind> ofClass(String className) {
    return KINDS.stream().filter(kind -> kind.className().equals(className)).findFirst();
  }

  /** The short names that {@link #byName} knows, for {@code --scheduler}. */
  public static List<String> names() {
    return KINDS.stream().map(Kind::name).toList();
  }

  /**
   * The scheduler called {@code name}, with the noise schedule and the options of the pipeline's
   * own configuration as far as they concern it. The pipeline's own scheduler is not made, so
   * nothing that only it cannot do is in the way; what the configuration says for another class
   * alone is ignored. Predicted clean samples are clipped only if the configuration says so or is
   * this scheduler's own: latents have no bounds.
   *
   * @param name one of {@link #names()}, or the class name of diffusers
   * @throws UsageException if there is no such scheduler
   * @throws InvalidModelException if one of the options that concern it is not supported
   */
  public static Scheduler byName(String name, JsonConfig config) {
    Optional<Kind> byShortName =
        KINDS.stream().filter(kind -> kind.name().equals(name)).findFirst();
    Kind chosen =
        byShortName
            .or(() -> ofClass(name))
            .orElseThrow(
                () ->
                    new UsageException(
                        "There is no scheduler "
                            + name
                            + "; choose one of "
                            + String.join(", ", names())
                            + "."));
    ObjectNode options =
        config.getString("_class_name", "").equals(chosen.className())
            ? config.node().deepCopy()
            : optionsOfAnotherClass(config);
    byShortName.ifPresent(kind -> kind.settings().forEach(options::set));
    return chosen.factory().apply(JsonConfig.of(options, config.source()));
  }

  private static ObjectNode optionsOfAnotherClass(JsonConfig config) {
    ObjectNode options = JsonNodeFactory.instance.objectNode();
    config
        .node()
        .fields()
        .forEachRemaining(
            option -> {
              if (SchedulerOptions.isKnown(option.getKey())) {
                options.set(option.getKey(), option.getValue());
              }
            });
    if (!config.has("clip_sample")) {
      options.put("clip_sample", false);
    }
    return options;
  }
}
