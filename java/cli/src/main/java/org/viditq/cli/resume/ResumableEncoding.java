package org.viditq.cli.resume;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.pipeline.Conditions;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.resume.Part;
import org.viditq.core.resume.PartKey;
import org.viditq.core.resume.PartialResults;
import org.viditq.core.tensor.Tensor;

/** Encodes prompts, or takes what an earlier run encoded: large text encoders take minutes. */
public final class ResumableEncoding {
  private static final String POSITIVE = "positive.";
  private static final String NEGATIVE = "negative.";

  private ResumableEncoding() {}

  /**
   * @param key of the run, see {@link RunKey}
   */
  public static EncodedPrompts encode(
      DiffusionPipeline pipeline,
      List<String> prompts,
      PartialResults kept,
      PartKey key,
      ProgressListener progress) {
    PartKey encoding = key.with("part", "encoding").with("prompts", String.join("\n", prompts));
    return kept.find(encoding)
        .flatMap(part -> prompts(part, prompts))
        .orElseGet(
            () -> {
              EncodedPrompts encoded = pipeline.encode(prompts, "", progress);
              kept.keep(encoding, part(encoded));
              return encoded;
            });
  }

  private static Part part(EncodedPrompts encoded) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    encoded.positive().tensors().forEach((name, tensor) -> tensors.put(POSITIVE + name, tensor));
    encoded
        .negative()
        .ifPresent(
            negative ->
                negative.tensors().forEach((name, tensor) -> tensors.put(NEGATIVE + name, tensor)));
    return new Part(tensors, Map.of());
  }

  private static Optional<EncodedPrompts> prompts(Part part, List<String> prompts) {
    Map<String, Tensor> positive = starting(part, POSITIVE);
    Map<String, Tensor> negative = starting(part, NEGATIVE);
    return positive.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new EncodedPrompts(
                prompts,
                new Conditions(positive),
                negative.isEmpty() ? Optional.empty() : Optional.of(new Conditions(negative))));
  }

  private static Map<String, Tensor> starting(Part part, String prefix) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    part.tensors()
        .forEach(
            (name, tensor) -> {
              if (name.startsWith(prefix)) {
                tensors.put(name.substring(prefix.length()), tensor);
              }
            });
    return tensors;
  }
}
