package org.viditq.verify.runner;

import java.util.Arrays;
import java.util.function.Function;
import org.ejml.data.DMatrixRMaj;
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
import org.viditq.verify.fixture.FixtureCase;
import org.viditq.verify.fixture.Values;

/** {@code metric.*}: measures of the difference of two inputs; no backend takes part. */
final class MetricRunner implements CaseRunner {
  private final Function<FixtureCase, Results> metric;

  private MetricRunner(Function<FixtureCase, Results> metric) {
    this.metric = metric;
  }

  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    return metric.apply(fixture);
  }

  static MetricRunner cosine() {
    return new MetricRunner(
        fixture ->
            new Results()
                .put("cosine", CosineSimilarity.of(reference(fixture), test(fixture)))
                .put(
                    "cosine_rows",
                    vector(CosineSimilarity.ofRows(reference(fixture), test(fixture)))));
  }

  static MetricRunner frechet() {
    return new MetricRunner(
        fixture -> {
          GaussianFit a = GaussianFit.of(fixture.input("a"));
          GaussianFit b = GaussianFit.of(fixture.input("b"));
          return new Results()
              .put("mean_a", vector(a.mean()))
              .put("mean_b", vector(b.mean()))
              .put("cov_a", matrix(a.covariance()))
              .put("cov_b", matrix(b.covariance()))
              .put("trace_sqrt", FrechetDistance.traceOfRoot(a, b))
              .put("frechet", FrechetDistance.between(a, b));
        });
  }

  static MetricRunner histogramDivergence() {
    return new MetricRunner(
        fixture -> {
          HistogramDivergence histograms =
              HistogramDivergence.of(
                  reference(fixture), test(fixture), fixture.setting("bins").intValue());
          return new Results()
              .put("edges", vector(histograms.edges()))
              .put("hist_reference", counts(histograms.referenceCounts()))
              .put("hist_test", counts(histograms.testCounts()))
              .put("kl", histograms.divergence());
        });
  }

  static MetricRunner psnr() {
    return new MetricRunner(
        fixture -> {
          double range = fixture.setting("data_range").doubleValue();
          return new Results()
              .put("psnr", Psnr.of(reference(fixture), test(fixture), range))
              .put(
                  "psnr_per_frame",
                  vector(Psnr.ofFrames(reference(fixture), test(fixture), range)));
        });
  }

  static MetricRunner ssim() {
    return new MetricRunner(
        fixture -> {
          double range = fixture.setting("data_range").doubleValue();
          Tensor reference = reference(fixture);
          Tensor test = test(fixture);
          double[][] channels = Ssim.GAUSSIAN.ofChannels(reference, test, range);
          double[] flat = Arrays.stream(channels).flatMapToDouble(Arrays::stream).toArray();
          return new Results()
              .put("ssim", Ssim.GAUSSIAN.of(reference, test, range))
              .put("ssim_per_frame", vector(Ssim.GAUSSIAN.ofFrames(reference, test, range)))
              .put("ssim_per_channel", vector(flat).reshape(channels.length, channels[0].length))
              .put("ssim_uniform7", vector(Ssim.UNIFORM.ofFrames(reference, test, range)))
              .put("ssim_torchmetrics", Ssim.GAUSSIAN_PADDED.of(reference, test, range));
        });
  }

  static MetricRunner sqnr() {
    return new MetricRunner(
        fixture -> {
          ErrorStatistics error = ErrorStatistics.of(reference(fixture), test(fixture));
          return new Results()
              .put("max_abs", error.maxAbsolute())
              .put("mse", error.meanSquaredError())
              .put("rel_l2", error.relativeL2())
              .put("sqnr_db", error.sqnrDecibel());
        });
  }

  private static Tensor reference(FixtureCase fixture) {
    return fixture.input("reference");
  }

  private static Tensor test(FixtureCase fixture) {
    return fixture.input("test");
  }

  private static Tensor vector(double[] values) {
    float[] rounded = new float[values.length];
    for (int i = 0; i < rounded.length; i++) {
      rounded[i] = (float) values[i];
    }
    return Tensor.of(rounded, rounded.length);
  }

  private static Tensor matrix(DMatrixRMaj values) {
    return vector(Arrays.copyOf(values.getData(), values.getNumElements()))
        .reshape(values.getNumRows(), values.getNumCols());
  }

  private static Values counts(long[] counts) {
    return new Values.Integers(Shape.of(counts.length), counts);
  }
}
