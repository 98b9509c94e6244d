package org.viditq.core.model;

/**
 * How a model's published pipeline samples where nothing else is asked for.
 *
 * @param steps denoiser evaluations
 * @param guidanceScale of classifier-free guidance
 * @param framesPerSecond that its clips are shown with; without meaning for pictures
 */
public record SamplingDefaults(int steps, double guidanceScale, double framesPerSecond) {
  /** For pictures. */
  public static SamplingDefaults pictures(int steps, double guidanceScale) {
    return new SamplingDefaults(steps, guidanceScale, 1);
  }
}
