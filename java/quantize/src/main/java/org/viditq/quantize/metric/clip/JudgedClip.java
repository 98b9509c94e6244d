package org.viditq.quantize.metric.clip;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.tensor.Tensor;

/**
 * A clip that metrics are asked about.
 *
 * @param pixels [T, H, W, 3] from 0 to 1
 * @param reference the full-precision clip of the same noise, if there is one
 * @param caption the prompt that it was made from, if there is one
 */
public record JudgedClip(
    Tensor pixels, Optional<ReferenceClip> reference, Optional<String> caption) {
  public JudgedClip {
    if (pixels.shape().rank() != 4 || pixels.dim(0) < 1 || pixels.dim(3) != 3) {
      throw new ShapeException("A judged clip must be [T, H, W, 3], not " + pixels.shape() + ".");
    }
  }

  /** The full-precision clip beside itself. */
  public static JudgedClip ofReference(ReferenceClip reference, String caption) {
    return new JudgedClip(reference.pixels(), Optional.of(reference), Optional.of(caption));
  }

  /** A clip beside its full-precision form. */
  public static JudgedClip of(Tensor pixels, ReferenceClip reference, String caption) {
    return new JudgedClip(pixels, Optional.of(reference), Optional.of(caption));
  }

  /**
   * Checks that all is there that a metric needs.
   *
   * @throws UsageException naming the metric and the first thing that is missing
   */
  void require(ClipMetric metric) {
    List<String> missing = new ArrayList<>();
    for (ClipMetric.Need need : ClipMetric.Need.values()) {
      if (metric.needs().contains(need) && !has(need)) {
        missing.add(
            switch (need) {
              case REFERENCE -> "the full-precision clip";
              case CAPTION -> "the prompt";
              case SEVERAL_FRAMES -> "two frames or more, and a picture has one";
            });
      }
    }
    if (!missing.isEmpty()) {
      throw new UsageException(
          "The metric " + metric.id() + " needs " + String.join(" and ", missing) + ".");
    }
  }

  private boolean has(ClipMetric.Need need) {
    return switch (need) {
      case REFERENCE -> reference.isPresent();
      case CAPTION -> caption.isPresent();
      case SEVERAL_FRAMES -> pixels.dim(0) > 1;
    };
  }
}
