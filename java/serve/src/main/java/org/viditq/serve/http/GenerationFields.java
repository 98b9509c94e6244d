package org.viditq.serve.http;

import java.math.BigInteger;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.viditq.cli.option.Seed;
import org.viditq.core.error.MemoryException;
import org.viditq.core.error.Printable;
import org.viditq.core.error.UsageException;
import org.viditq.core.machine.MachineMemory;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.SamplingParameters;
import org.viditq.core.pipeline.StepTimes;
import org.viditq.core.pipeline.cache.StepCaching;
import org.viditq.core.schedule.SchedulerFactory;
import org.viditq.serve.error.ApiException;
import org.viditq.serve.json.Fields;
import org.viditq.serve.model.ModelCatalog;
import org.viditq.serve.model.ServedModel;
import org.viditq.serve.work.Task;

/** The fields that requests for pictures and for clips have in common, as orders to make them. */
final class GenerationFields {
  private static final int LONGEST_NAME = 256;
  private static final int MOST_FRAMES = 4096;
  private static final double LEAST_RATE = 0.1;
  private static final double MOST_RATE = 1000;
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,5})x([0-9]{1,5})");
  private static final SecureRandom RANDOM = new SecureRandom();

  /** How far guidance goes; models break long before. */
  private static final double MOST_GUIDANCE = 1000;

  private final ModelCatalog catalog;
  private final RequestLimits limits;

  GenerationFields(ModelCatalog catalog, RequestLimits limits) {
    this.catalog = catalog;
    this.limits = limits;
  }

  /** The model that a request names, or the first. */
  ServedModel model(Fields fields) {
    return catalog.find(fields.text("model", LONGEST_NAME));
  }

  /**
   * Reads all fields that describe pictures or clips, and checks what can be known before the work.
   *
   * @param count how many; their seeds count up from that of the request
   * @throws ApiException if something is wrong with them
   */
  List<Task.Order> orders(Fields fields, ServedModel model, int count) {
    String prompt =
        fields
            .text("prompt", limits.promptCharacters())
            .orElseThrow(
                () ->
                    ApiException.missing(
                        "prompt", "There is no prompt; say in it what the picture shows."));
    String negative = fields.text("negative_prompt", limits.promptCharacters()).orElse("");
    String plan = plan(fields, model);
    Optional<String> scheduler = scheduler(fields);
    String cache = fields.text("cache", LONGEST_NAME).orElse(model.defaultCache());
    StepCaching caching = caching(cache, model);
    SamplingParameters parameters = parameters(fields, model);
    Optional<String> seed = fields.digits("seed");
    fields.requireNoOthers();

    List<Seed> seeds = seeds(seed, count);
    DiffusionPipeline pipeline = model.pipeline(plan, scheduler);
    GenerationRequest request =
        parameters
            .request(pipeline, List.of(seeds.get(0).bits()), Optional.empty())
            .caching(caching);
    pipeline.requireFit(request);
    requireModest(request);
    requireMemory(model, plan, request);
    return seeds.stream()
        .map(
            each ->
                new Task.Order(
                    model,
                    plan,
                    scheduler,
                    prompt,
                    negative,
                    cache,
                    request.withSeeds(List.of(each.bits()))))
        .toList();
  }

  private static String plan(Fields fields, ServedModel model) {
    String plan = fields.text("plan", LONGEST_NAME).orElse(model.defaultPlan());
    if (!model.plans().contains(plan)) {
      throw ApiException.invalid(
          "plan",
          "The model "
              + model.name()
              + " is not served with the plan "
              + Printable.name(plan)
              + "; take "
              + String.join(" or ", model.plans())
              + ".");
    }
    return plan;
  }

  /** Only the names that a list has: what is not in it would be looked for in a configuration. */
  private static Optional<String> scheduler(Fields fields) {
    Optional<String> scheduler = fields.text("scheduler", LONGEST_NAME);
    if (scheduler.isPresent() && !SchedulerFactory.names().contains(scheduler.get())) {
      throw ApiException.invalid(
          "scheduler",
          "There is no scheduler "
              + Printable.name(scheduler.get())
              + "; choose one of "
              + String.join(", ", SchedulerFactory.names())
              + ".");
    }
    return scheduler;
  }

  private static StepCaching caching(String text, ServedModel model) {
    try {
      return model.caching(text);
    } catch (UsageException refused) {
      throw ApiException.invalid("cache", refused.getMessage());
    }
  }

  private SamplingParameters parameters(Fields fields, ServedModel model) {
    Optional<Integer> width = Optional.empty();
    Optional<Integer> height = Optional.empty();
    Optional<String> size = fields.text("size", LONGEST_NAME).filter(text -> !text.equals("auto"));
    if (size.isPresent()) {
      Matcher parts = SIZE.matcher(size.get());
      if (!parts.matches()) {
        throw ApiException.invalid(
            "size",
            "The size "
                + Printable.name(size.get())
                + " is none; write it as WIDTHxHEIGHT in pixels, such as 512x512, or auto.");
      }
      width = Optional.of(Integer.valueOf(parts.group(1)));
      height = Optional.of(Integer.valueOf(parts.group(2)));
    }
    Optional<Double> fps = Optional.empty();
    Optional<Integer> frames = Optional.empty();
    if (model.makesClips()) {
      fps = fields.number("fps", LEAST_RATE, MOST_RATE);
      double rate = fps.orElse(model.samplingDefaults().framesPerSecond());
      Optional<Integer> ofSeconds =
          seconds(fields).map(asked -> (int) Math.max(1, Math.min(MOST_FRAMES, asked * rate)));
      frames = fields.integer("frames", 1, MOST_FRAMES).or(() -> ofSeconds);
    }
    return new SamplingParameters(
        fields.integer("steps", 1, limits.steps()),
        fields.number("guidance", -MOST_GUIDANCE, MOST_GUIDANCE),
        height,
        width,
        frames,
        fps,
        StepTimes.OF_SCHEDULER,
        true);
  }

  /** OpenAI's API has seconds as a string of digits. */
  private static Optional<Integer> seconds(Fields fields) {
    Optional<String> seconds = fields.digits("seconds");
    seconds.ifPresent(
        text -> {
          if (!text.matches("[0-9]{1,4}") || text.matches("0+")) {
            throw ApiException.invalid(
                "seconds",
                "The seconds " + Printable.name(text) + " are no whole number from 1 to 9999.");
          }
        });
    return seconds.map(Integer::valueOf);
  }

  /** Without one, any that torch's CPU generator tells from others: it uses 32 bits. */
  private static List<Seed> seeds(Optional<String> given, int count) {
    Seed first = given.map(Seed::parse).orElseGet(() -> Seed.of(RANDOM.nextInt() & 0x7fff_ffffL));
    List<Seed> seeds = new ArrayList<>(List.of(first));
    while (seeds.size() < count) {
      seeds.add(new Seed(seeds.get(seeds.size() - 1).value().add(BigInteger.ONE)));
    }
    return seeds;
  }

  private void requireModest(GenerationRequest request) {
    long sampled = (long) request.frames() * request.height() * request.width();
    long made =
        (long) request.frames() * request.outputSize().height() * request.outputSize().width();
    if (Math.max(sampled, made) > limits.pixels()) {
      throw ApiException.invalid(
          "size",
          "A picture or clip of "
              + Math.max(sampled, made)
              + " pixels is more than the "
              + limits.pixels()
              + " that this server makes; ask for a smaller size or fewer frames.");
    }
  }

  private static void requireMemory(ServedModel model, String plan, GenerationRequest request) {
    long needed = model.estimate(plan, request).total();
    MachineMemory.current()
        .filter(machine -> needed > machine.limit())
        .ifPresent(
            machine -> {
              throw new MemoryException(
                  "A picture or clip of "
                      + request.outputSize()
                      + " pixels needs more memory than this machine has; ask for a smaller size.");
            });
  }
}
