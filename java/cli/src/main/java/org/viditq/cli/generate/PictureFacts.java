package org.viditq.cli.generate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.viditq.cli.console.Version;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.StepTimes;
import org.viditq.media.Provenance;

/**
 * What the pictures of a run have in common, as they say it about themselves.
 *
 * @param request how they were sampled
 * @param plan name of their quantization plan
 * @param model which model
 * @param others further settings by name
 */
public record PictureFacts(
    GenerationRequest request, String plan, String model, Map<String, String> others) {
  public PictureFacts {
    others = new TreeMap<>(others);
  }

  /** All about one picture. */
  public Provenance provenance(PictureJob job) {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("prompt", job.text());
    texts.put("seed", job.seed().toString());
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
    texts.put("Software", "viditq " + Version.number());
    return new Provenance(texts);
  }

  /** The same for programs. */
  void putInto(ObjectNode root) {
    root.put("steps", request.steps());
    root.put("guidance", request.guidanceScale());
    root.put("width", request.outputSize().width());
    root.put("height", request.outputSize().height());
    root.put("sampledWidth", request.width());
    root.put("sampledHeight", request.height());
  }
}
