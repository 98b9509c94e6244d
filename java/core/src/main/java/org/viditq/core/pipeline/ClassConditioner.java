package org.viditq.core.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.InputNames;
import org.viditq.core.pipeline.ProgressListener.Stage;
import org.viditq.core.tensor.Tensor;

/**
 * Classes by name or index. Names are those of {@code id2label} in {@code model_index.json}, whose
 * entries may list several names with commas between them; case does not count.
 */
final class ClassConditioner implements Conditioner {
  private static final String LABELS = "id2label";

  private final int classes;
  private final Map<String, Integer> byName;

  /**
   * @param index {@code model_index.json}
   * @param classes how many there are; the index behind the last one is the null class
   */
  ClassConditioner(JsonConfig index, int classes) {
    this.classes = classes;
    this.byName = names(index, classes);
  }

  private static Map<String, Integer> names(JsonConfig index, int classes) {
    Map<String, Integer> byName = new HashMap<>();
    if (!index.has(LABELS)) {
      return byName;
    }
    JsonNode labels = index.getObject(LABELS).node();
    for (int id = 0; id < classes; id++) {
      JsonNode label = labels.path(Integer.toString(id));
      if (label.isTextual()) {
        byName.putIfAbsent(key(label.textValue()), id);
        for (String name : label.textValue().split(",")) {
          byName.putIfAbsent(key(name), id);
        }
      }
    }
    return byName;
  }

  private static String key(String name) {
    return name.strip().toLowerCase(Locale.ROOT);
  }

  @Override
  public EncodedPrompts encode(
      List<String> prompts,
      String negativePrompt,
      TextEncoderSource encoders,
      ProgressListener progress) {
    if (!negativePrompt.isEmpty()) {
      throw new UsageException(
          "This model is conditioned on classes, which have no negative prompt; leave it out.");
    }
    StageCounter counter = new StageCounter(progress, Stage.ENCODING, prompts.size());
    List<Integer> indices = new ArrayList<>();
    for (String prompt : prompts) {
      indices.add(index(prompt));
      counter.run();
    }
    return new EncodedPrompts(
        prompts, conditions(indices), Optional.of(conditions(List.of(classes))));
  }

  private int index(String prompt) {
    Integer named = byName.get(key(prompt));
    if (named != null) {
      return named;
    }
    try {
      int index = Integer.parseInt(prompt.strip());
      if (index >= 0 && index < classes) {
        return index;
      }
    } catch (NumberFormatException noNumber) {
      // Falls through: it is neither a name nor an index.
    }
    throw new UsageException(
        "The model has no class \""
            + prompt
            + "\"; give an index from 0 to "
            + (classes - 1)
            + (byName.isEmpty() ? "." : " or a name of id2label in its model_index.json."));
  }

  private static Conditions conditions(List<Integer> indices) {
    float[] labels = new float[indices.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = indices.get(i);
    }
    return new Conditions(Map.of(InputNames.LABELS, Tensor.of(labels, labels.length)));
  }
}
