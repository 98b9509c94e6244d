package org.viditq.media;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.StepTimes;

/**
 * What pictures that were made together say about themselves.
 *
 * @param request how they were sampled
 * @param plan name of their quantization plan
 * @param model which model
 * @param software that made them, with its version
 * @param others further settings by name
 */
public record GenerationFacts(
    GenerationRequest request,
    String plan,
    String model,
    String software,
    Map<String, String> others) {
  public GenerationFacts {
    others = new TreeMap<>(others);
  }

  /**
   * All about one picture.
   *
   * @param prompt its text
   * @param seed of its noise, as it was given
   */
  public Provenance provenance(String prompt, String seed) {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("prompt", prompt);
    texts.put("seed", seed);
    texts.put("steps", Integer.toString(request.steps()));
    texts.put("guidance_scale", Double.toString(request.guidanceScale()));
    if (request.times() != StepTimes.OF_SCHEDULER) {
      texts.put(
          request.times().kind().name().toLowerCase(Locale.ROOT),
          request.times().values().toString());
    }
    texts.put("size", request.outputSize().toString());
    if (request.finalSize().isPresent()) {
      texts.put("sampled_size", request.width() + "x" + request.height());
    }
    if (request.frames() > 1) {
      texts.put("frames", Integer.toString(request.frames()));
      texts.put("fps", Double.toString(request.framesPerSecond()));
    }
    texts.putAll(others);
    texts.put("plan", plan);
    texts.put("model", model);
    texts.put("Software", software);
    return new Provenance(texts);
  }
}
