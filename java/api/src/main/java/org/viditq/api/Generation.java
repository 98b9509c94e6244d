package org.viditq.api;

import java.util.Optional;
import org.viditq.core.pipeline.SamplingParameters;
import org.viditq.core.pipeline.StepTimes;

/**
 * A picture or clip to make. Immutable; every {@code with} gives a new one. What is not said is as
 * the model's published pipeline does it, with seed 0.
 *
 * <pre>{@code
 * Generation.of("a fox").withSeed(42).withSteps(20).withSize(512, 512)
 * }</pre>
 *
 * @param prompt a text; for class-conditional models the name or index of a class
 * @param negativePrompt what guidance leads away from; empty for the null caption
 * @param seed of the initial noise, the 64 bits that torch's CPU generator takes
 * @param sampling steps, guidance and size
 * @param cache step caching as the viditq command takes it, {@code none} for none
 */
public record Generation(
    String prompt, String negativePrompt, long seed, SamplingParameters sampling, String cache) {
  private static final String NO_CACHE = "none";

  private static final SamplingParameters OF_MODEL =
      new SamplingParameters(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          StepTimes.OF_SCHEDULER,
          true);

  /** A picture or clip of a prompt. */
  public static Generation of(String prompt) {
    return new Generation(prompt, "", 0, OF_MODEL, NO_CACHE);
  }

  /** The same, led away from a text by guidance. */
  public Generation withNegativePrompt(String text) {
    return new Generation(prompt, text, seed, sampling, cache);
  }

  /** The same from other noise. */
  public Generation withSeed(long other) {
    return new Generation(prompt, negativePrompt, other, sampling, cache);
  }

  /** The same in another number of sampling steps, at least 1, where the scheduler places them. */
  public Generation withSteps(int steps) {
    return withSampling(
        new SamplingParameters(
            Optional.of(steps),
            sampling.guidanceScale(),
            sampling.height(),
            sampling.width(),
            sampling.frames(),
            sampling.framesPerSecond(),
            StepTimes.OF_SCHEDULER,
            sampling.binning()));
  }

  /** The same with another classifier-free guidance; 1 or less for none. */
  public Generation withGuidance(double scale) {
    return with(Optional.of(scale), sampling.height(), sampling.width(), sampling.frames());
  }

  /** The same in another size, pixels. */
  public Generation withSize(int width, int height) {
    return with(
        sampling.guidanceScale(), Optional.of(height), Optional.of(width), sampling.frames());
  }

  /** The same with another number of frames, for models that make clips. */
  public Generation withFrames(int frames) {
    return with(sampling.guidanceScale(), sampling.height(), sampling.width(), Optional.of(frames));
  }

  private Generation with(
      Optional<Double> guidance,
      Optional<Integer> height,
      Optional<Integer> width,
      Optional<Integer> frames) {
    return withSampling(
        new SamplingParameters(
            sampling.steps(),
            guidance,
            height,
            width,
            frames,
            sampling.framesPerSecond(),
            sampling.times(),
            sampling.binning()));
  }

  /** The same with everything that sampling can be told: times of steps, pace of clips, ... */
  public Generation withSampling(SamplingParameters others) {
    return new Generation(prompt, negativePrompt, seed, others, cache);
  }

  /**
   * The same, faster and not quite the same: steps take from earlier ones what changes little.
   *
   * @param words {@code auto}; or {@code threshold:X}, {@code interval:N}, {@code attention:N},
   *     {@code feed-forward:N}, {@code cross:PART}, joined by commas, as {@link
   *     org.viditq.core.pipeline.cache.StepCaching} describes them; {@code none} for none. They are
   *     looked at by {@link Pipeline#generate}. {@code auto} and thresholds go by the fit {@code
   *     step_changes.json} in the model's folder, if there is one
   */
  public Generation withCache(String words) {
    return new Generation(prompt, negativePrompt, seed, sampling, words);
  }
}
