package org.viditq.cli.sensitivity;

import java.util.List;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.LinearLayer;
import org.viditq.quantize.metric.clip.BuiltInMetric;
import org.viditq.quantize.metric.clip.ClipMetric;
import org.viditq.quantize.metric.clip.ClipMetrics;
import org.viditq.quantize.sensitivity.MetricByType;
import picocli.CommandLine.Option;

/** Which metric judges which type of layer. */
final class MetricOptions implements AutoCloseable {
  @Option(
      names = "--text-metric",
      paramLabel = "M",
      defaultValue = "scene-alignment",
      description =
          "What cross attention is judged by: a built-in metric or the descriptor of an ONNX file."
              + " Default: ${DEFAULT-VALUE}, which knows the samples' captions only.")
  private String text;

  @Option(
      names = "--quality-metric",
      paramLabel = "M",
      defaultValue = "ssim",
      description =
          "What self attention and feed forward are judged by. Default: ${DEFAULT-VALUE}.")
  private String quality;

  @Option(
      names = "--temporal-metric",
      paramLabel = "M",
      defaultValue = "warping-error",
      description = "What temporal attention is judged by. Default: ${DEFAULT-VALUE}.")
  private String temporal;

  private MetricByType metrics;

  /**
   * The metrics, opened once.
   *
   * @throws UsageException if the prompts or clips are none that they can judge
   */
  MetricByType open(List<LinearLayer.Type> types, List<String> prompts, int frames) {
    metrics =
        new MetricByType(
            ClipMetrics.find(text), ClipMetrics.find(quality), ClipMetrics.find(temporal));
    for (ClipMetric metric : metrics.all(types)) {
      ClipMetrics.requireFit(metric, prompts, frames);
      if (metric == BuiltInMetric.PSNR) {
        throw new UsageException(
            "psnr is infinite for the full-precision pictures and cannot rank layers; take mse,"
                + " which says the same.");
      }
    }
    return metrics;
  }

  @Override
  public void close() {
    if (metrics != null) {
      metrics.text().close();
      metrics.quality().close();
      metrics.temporal().close();
    }
  }
}
