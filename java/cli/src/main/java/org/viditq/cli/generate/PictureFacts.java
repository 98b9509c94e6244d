package org.viditq.cli.generate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;
import org.viditq.cli.console.Version;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.media.GenerationFacts;
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
    return new GenerationFacts(request, plan, model, "viditq " + Version.number(), others)
        .provenance(job.text(), job.seed().toString());
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
