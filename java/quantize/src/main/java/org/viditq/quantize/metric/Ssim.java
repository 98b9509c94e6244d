package org.viditq.quantize.metric;

import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/**
 * Structural similarity of pictures; 1 for equal ones. Wang, Bovik, Sheikh and Simoncelli, "Image
 * Quality Assessment: From Error Visibility to Structural Similarity", 2004, with K1 = 0.01 and K2
 * = 0.03, in float64.
 *
 * <p>The variants differ in window, border and covariance, as the common implementations do.
 */
public enum Ssim {
  /**
   * The paper's: Gaussian window 11 x 11 with σ = 1.5, population covariances, mean over the
   * positions where the window fits.
   */
  GAUSSIAN(gaussian(11, 1.5), 1, false),

  /**
   * scikit-image's default: box window 7 x 7, sample covariances (n / (n - 1)), mean over the
   * positions where the window fits.
   */
  UNIFORM(uniform(7), 49.0 / 48, false),

  /**
   * torchmetrics' default: as {@link #GAUSSIAN}, but the picture is first padded by reflection
   * (edge pixels not repeated), so that the mean runs over all pixels; negative variances count as
   * 0.
   */
  GAUSSIAN_PADDED(gaussian(11, 1.5), 1, true);

  private static final double K1 = 0.01;
  private static final double K2 = 0.03;

  private final double[] window;
  private final double covarianceFactor;
  private final boolean padded;

  Ssim(double[] window, double covarianceFactor, boolean padded) {
    this.window = window;
    this.covarianceFactor = covarianceFactor;
    this.padded = padded;
  }

  /**
   * Mean over pixels, then channels, then frames.
   *
   * @param reference [C, H, W] or [T, C, H, W]
   * @param dataRange largest minus smallest possible value: 1 or 255 for pictures
   * @throws ShapeException if shapes differ or a side is shorter than the window
   */
  public double of(Tensor reference, Tensor test, double dataRange) {
    return mean(ofFrames(reference, test, dataRange));
  }

  /** Of each frame; one value for a single picture. */
  public double[] ofFrames(Tensor reference, Tensor test, double dataRange) {
    double[][] channels = ofChannels(reference, test, dataRange);
    double[] frames = new double[channels.length];
    for (int frame = 0; frame < frames.length; frame++) {
      frames[frame] = mean(channels[frame]);
    }
    return frames;
  }

  /** Of each channel of each frame: [T][C]. */
  public double[][] ofChannels(Tensor reference, Tensor test, double dataRange) {
    Pairs.requireDataRange("SSIM", dataRange);
    Pairs.requireSameShape("SSIM", reference, test);
    int rank = reference.shape().rank();
    if (rank != 3 && rank != 4) {
      throw new ShapeException(
          "SSIM: pictures must be [C, H, W] or [T, C, H, W], not " + reference.shape() + ".");
    }
    int height = reference.dim(-2);
    int width = reference.dim(-1);
    if (height < window.length || width < window.length) {
      throw new ShapeException(
          "SSIM: a picture of "
              + width
              + " x "
              + height
              + " is smaller than the window of "
              + window.length
              + " pixels.");
    }
    double[][] result = new double[rank == 3 ? 1 : reference.dim(0)][reference.dim(-3)];
    int from = 0;
    for (double[] channels : result) {
      for (int c = 0; c < channels.length; c++) {
        Plane x = Plane.of(reference.data(), from, height, width);
        Plane y = Plane.of(test.data(), from, height, width);
        channels[c] = ofPlane(x, y, dataRange);
        from += height * width;
      }
    }
    return result;
  }

  private double ofPlane(Plane reference, Plane test, double dataRange) {
    int border = window.length / 2;
    Plane x = padded ? reference.reflect(border) : reference;
    Plane y = padded ? test.reflect(border) : test;
    double[] meanX = x.filter(window).values();
    double[] meanY = y.filter(window).values();
    double[] meanXx = x.times(x).filter(window).values();
    double[] meanYy = y.times(y).filter(window).values();
    double[] meanXy = x.times(y).filter(window).values();
    double c1 = K1 * dataRange * K1 * dataRange;
    double c2 = K2 * dataRange * K2 * dataRange;
    double sum = 0;
    for (int i = 0; i < meanX.length; i++) {
      double varianceX = covarianceFactor * (meanXx[i] - meanX[i] * meanX[i]);
      double varianceY = covarianceFactor * (meanYy[i] - meanY[i] * meanY[i]);
      double covariance = covarianceFactor * (meanXy[i] - meanX[i] * meanY[i]);
      if (padded) {
        varianceX = Math.max(0, varianceX);
        varianceY = Math.max(0, varianceY);
      }
      double luminance =
          (2 * meanX[i] * meanY[i] + c1) / (meanX[i] * meanX[i] + meanY[i] * meanY[i] + c1);
      sum += luminance * (2 * covariance + c2) / (varianceX + varianceY + c2);
    }
    return sum / meanX.length;
  }

  private static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  private static double[] uniform(int size) {
    double[] weights = new double[size];
    java.util.Arrays.fill(weights, 1.0 / size);
    return weights;
  }

  private static double[] gaussian(int size, double sigma) {
    double[] weights = new double[size];
    double sum = 0;
    for (int i = 0; i < size; i++) {
      double distance = i - size / 2;
      weights[i] = Math.exp(-distance * distance / (2 * sigma * sigma));
      sum += weights[i];
    }
    for (int i = 0; i < size; i++) {
      weights[i] /= sum;
    }
    return weights;
  }
}
