package org.viditq.quantize.sensitivity;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.model.LinearLayer;
import org.viditq.quantize.metric.clip.BuiltInMetric;
import org.viditq.quantize.metric.clip.ClipMetric;

/**
 * Metric decoupling (ViDiT-Q, section "Metric-decoupled mixed precision"): the metric that the
 * errors of each type of layer show in.
 *
 * @param text of cross attention and projections of the text: text alignment
 * @param quality of all others: visual quality
 * @param temporal of temporal attention: consistency over time
 */
public record MetricByType(ClipMetric text, ClipMetric quality, ClipMetric temporal) {
  /** That of a type. */
  public ClipMetric of(LinearLayer.Type type) {
    return switch (type) {
      case CROSS_ATTENTION, TEXT_PROJECTION -> text;
      case TEMPORAL_ATTENTION -> temporal;
      case SELF_ATTENTION, FEED_FORWARD, SKIP, EMBEDDING, MODULATION, OUTPUT -> quality;
    };
  }

  /** The mean squared error first, and then those of some types, each once. */
  public List<ClipMetric> all(List<LinearLayer.Type> types) {
    List<ClipMetric> metrics = new ArrayList<>();
    metrics.add(BuiltInMetric.MSE);
    for (LinearLayer.Type type : types) {
      if (!metrics.contains(of(type))) {
        metrics.add(of(type));
      }
    }
    return metrics;
  }
}
