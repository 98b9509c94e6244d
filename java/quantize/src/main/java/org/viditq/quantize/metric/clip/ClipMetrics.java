package org.viditq.quantize.metric.clip;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.viditq.core.error.Printable;
import org.viditq.core.error.UsageException;
import org.viditq.quantize.metric.scene.SceneAlignment;

/** Finds metrics by what options call them. */
public final class ClipMetrics {
  private ClipMetrics() {}

  /** Names of the metrics without weights. */
  public static List<String> names() {
    return Arrays.stream(BuiltInMetric.values()).map(BuiltInMetric::id).toList();
  }

  /**
   * A built-in metric, or one that a descriptor ({@code .yaml}, {@code .yml}, {@code .json}) beside
   * an ONNX file describes; the caller closes it.
   *
   * @throws UsageException if there is no metric of that name
   * @throws org.viditq.core.error.InvalidModelException if descriptor or network cannot be used
   */
  public static ClipMetric find(String nameOrFile) {
    for (BuiltInMetric metric : BuiltInMetric.values()) {
      if (metric.id().equals(nameOrFile)) {
        return metric;
      }
    }
    String ending = nameOrFile.toLowerCase(Locale.ROOT);
    if (ending.endsWith(".yaml") || ending.endsWith(".yml") || ending.endsWith(".json")) {
      return NetworkMetric.open(Path.of(nameOrFile));
    }
    throw new UsageException(
        "There is no metric "
            + Printable.name(nameOrFile)
            + "; choose one of "
            + String.join(", ", names())
            + ", or give the descriptor of an ONNX file, .yaml.");
  }

  /**
   * Checks before any clip is made whether a metric can judge it.
   *
   * @param prompts that clips will be made from
   * @param frames that they will have
   * @throws UsageException if it cannot
   */
  public static void requireFit(ClipMetric metric, List<String> prompts, int frames) {
    if (metric.needs().contains(ClipMetric.Need.SEVERAL_FRAMES) && frames < 2) {
      throw new UsageException(
          "The metric " + metric.id() + " judges clips, and this model makes pictures.");
    }
    if (metric == BuiltInMetric.SCENE_ALIGNMENT) {
      for (String prompt : prompts) {
        if (!SceneAlignment.recognizes(prompt)) {
          throw new UsageException(
              "The metric scene-alignment knows the sample models' captions only, and \""
                  + Printable.name(prompt)
                  + "\" is none; judge it by the descriptor of a network (for sensitivity:"
                  + " --text-metric), or by another metric such as ssim.");
        }
      }
    }
  }
}
