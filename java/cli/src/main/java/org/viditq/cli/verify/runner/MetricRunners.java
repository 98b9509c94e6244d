package org.viditq.cli.verify.runner;

import java.util.Arrays;
import java.util.Map;
import org.viditq.cli.verify.fixture.FixtureCase;
import org.viditq.cli.verify.fixture.Values;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.metric.CosineSimilarity;
import org.viditq.quantize.metric.ErrorStatistics;
import org.viditq.quantize.metric.FrechetDistance;
import org.viditq.quantize.metric.GaussianFit;
import org.viditq.quantize.metric.HistogramDivergence;
import org.viditq.quantize.metric.Psnr;
import org.viditq.quantize.metric.Ssim;

/** {@code metric.*}: functions of tensors in memory, the same on every backend. */
final class MetricRunners {
  private MetricRunners() {}

  /** By op. */
  static Map<String, CaseRunner> all() {
    return Map.of(
        "metric.psnr", of(MetricRunners::psnr),
        "metric.ssim", of(MetricRunners::ssim),
        "metric.sqnr", of(MetricRunners::sqnr),
        "metric.cosine", of(MetricRunners::cosine),
        "metric.frechet", of(MetricRunners::frechet),
        "metric.kl_histogram", of(MetricRunners::divergence));
  }

  private interface Metric {
    Results measure(FixtureCase fixture);
  }

  private static CaseRunner of(Metric metric) {
    return new CaseRunner() {
      @Override
      public <V> Results run(FixtureCase fixture, Operators<V> operators) {
        return metric.measure(fixture);
      }
    };
  }

  private static Results psnr(FixtureCase fixture) {
    Tensor reference = fixture.input("reference");
    Tensor test = fixture.input("test");
    double range = fixture.setting("data_range").doubleValue();
    return new Results()
        .put("psnr", Psnr.of(reference, test, range))
        .put("psnr_per_frame", vector(Psnr.ofFrames(reference, test, range)));
  }

  private static Results ssim(FixtureCase fixture) {
    Tensor reference = fixture.input("reference");
    Tensor test = fixture.input("test");
    double range = fixture.setting("data_range").doubleValue();
    double[][] channels = Ssim.GAUSSIAN.ofChannels(reference, test, range);
    double[] flat = Arrays.stream(channels).flatMapToDouble(Arrays::stream).toArray();
    return new Results()
        .put("ssim", Ssim.GAUSSIAN.of(reference, test, range))
        .put("ssim_per_channel", vector(flat).reshape(channels.length, channels[0].length))
        .put("ssim_per_frame", vector(Ssim.GAUSSIAN.ofFrames(reference, test, range)))
        .put("ssim_torchmetrics", Ssim.GAUSSIAN_PADDED.of(reference, test, range))
        .put("ssim_uniform7", vector(Ssim.UNIFORM.ofFrames(reference, test, range)));
  }

  private static Results sqnr(FixtureCase fixture) {
    ErrorStatistics errors = ErrorStatistics.of(fixture.input("reference"), fixture.input("test"));
    return new Results()
        .put("sqnr_db", errors.sqnrDecibel())
        .put("mse", errors.meanSquaredError())
        .put("max_abs", errors.maxAbsolute())
        .put("rel_l2", errors.relativeL2());
  }

  private static Results cosine(FixtureCase fixture) {
    Tensor reference = fixture.input("reference");
    Tensor test = fixture.input("test");
    return new Results()
        .put("cosine", CosineSimilarity.of(reference, test))
        .put("cosine_rows", vector(CosineSimilarity.ofRows(reference, test)));
  }

  private static Results frechet(FixtureCase fixture) {
    GaussianFit a = GaussianFit.of(fixture.input("a"));
    GaussianFit b = GaussianFit.of(fixture.input("b"));
    return new Results()
        .put("frechet", FrechetDistance.between(a, b))
        .put("trace_sqrt", FrechetDistance.traceOfRoot(a, b))
        .put("mean_a", vector(a.mean()))
        .put("mean_b", vector(b.mean()))
        .put("cov_a", vector(a.covariance().data).reshape(a.features(), a.features()))
        .put("cov_b", vector(b.covariance().data).reshape(b.features(), b.features()));
  }

  private static Results divergence(FixtureCase fixture) {
    HistogramDivergence histograms =
        HistogramDivergence.of(
            fixture.input("reference"), fixture.input("test"), fixture.setting("bins").intValue());
    return new Results()
        .put("hist_reference", counts(histograms.referenceCounts()))
        .put("hist_test", counts(histograms.testCounts()))
        .put("edges", vector(histograms.edges()))
        .put("kl", histograms.divergence());
  }

  private static Values counts(long[] counts) {
    return new Values.Integers(Shape.of(counts.length), counts);
  }

  private static Tensor vector(double[] values) {
    float[] rounded = new float[values.length];
    for (int i = 0; i < rounded.length; i++) {
      rounded[i] = (float) values[i];
    }
    return Tensor.of(rounded, rounded.length);
  }
}
