package org.viditq.verify.runner;

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

/** {@code metric.*}: measures of the difference of two inputs. */
final class MetricRunners {
  private MetricRunners() {}

  static Results cosine(FixtureCase fixture) {
    Tensor reference = fixture.input("reference");
    Tensor test = fixture.input("test");
    return new Results()
        .put("cosine", CosineSimilarity.of(reference, test))
        .put("cosine_rows", Values.of(CosineSimilarity.ofRows(reference, test)));
  }

  static Results frechet(FixtureCase fixture) {
    GaussianFit a = GaussianFit.of(fixture.input("a"));
    GaussianFit b = GaussianFit.of(fixture.input("b"));
    return new Results()
        .put("mean_a", Values.of(a.mean()))
        .put("mean_b", Values.of(b.mean()))
        .put("cov_a", Values.of(a.covarianceRows()))
        .put("cov_b", Values.of(b.covarianceRows()))
        .put("trace_sqrt", FrechetDistance.traceOfRoot(a, b))
        .put("frechet", FrechetDistance.between(a, b));
  }

  static Results histogramDivergence(FixtureCase fixture) {
    int bins = fixture.setting("bins").intValue();
    HistogramDivergence histograms =
        HistogramDivergence.of(fixture.input("reference"), fixture.input("test"), bins);
    return new Results()
        .put("edges", Values.of(histograms.edges()))
        .put("hist_reference", counts(histograms.referenceCounts()))
        .put("hist_test", counts(histograms.testCounts()))
        .put("kl", histograms.divergence());
  }

  private static Values counts(long[] counts) {
    return new Values.Integers(Shape.of(counts.length), counts);
  }

  static Results psnr(FixtureCase fixture) {
    double range = fixture.setting("data_range").doubleValue();
    Tensor reference = fixture.input("reference");
    Tensor test = fixture.input("test");
    return new Results()
        .put("psnr", Psnr.of(reference, test, range))
        .put("psnr_per_frame", Values.of(Psnr.ofFrames(reference, test, range)));
  }

  static Results ssim(FixtureCase fixture) {
    double range = fixture.setting("data_range").doubleValue();
    Tensor reference = fixture.input("reference");
    Tensor test = fixture.input("test");
    return new Results()
        .put("ssim", Ssim.GAUSSIAN.of(reference, test, range))
        .put("ssim_per_frame", Values.of(Ssim.GAUSSIAN.ofFrames(reference, test, range)))
        .put("ssim_per_channel", Values.of(Ssim.GAUSSIAN.ofChannels(reference, test, range)))
        .put("ssim_uniform7", Values.of(Ssim.UNIFORM.ofFrames(reference, test, range)))
        .put("ssim_torchmetrics", Ssim.GAUSSIAN_PADDED.of(reference, test, range));
  }

  static Results sqnr(FixtureCase fixture) {
    ErrorStatistics error = ErrorStatistics.of(fixture.input("reference"), fixture.input("test"));
    return new Results()
        .put("max_abs", error.maxAbsolute())
        .put("mse", error.meanSquaredError())
        .put("rel_l2", error.relativeL2())
        .put("sqnr_db", error.sqnrDecibel());
  }
}
