package org.viditq.quantize.metric;

import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Tensor;

/**
 * Gradient magnitude similarity on several scales: 1 for equal pictures, and the less, the more
 * edges have moved, gone or come. It says little about colours and slow changes of brightness.
 *
 * <p>Of one scale it is the mean over pixels of (2 a b + c) / (a² + b² + c), where a and b are the
 * lengths of the Prewitt gradients of luma (ITU-R BT.601) in reference and test and c = 170 / 255²
 * (W. Xue et al., Gradient Magnitude Similarity Deviation, 2014, eq. 1 to 4). Each of the four
 * scales has half the size of the one before, by means of blocks of 2 x 2 pixels, an odd last row
 * or column left out; their weights are 0.096, 0.596, 0.289 and 0.019 (B. Zhang et al., Gradient
 * Magnitude Similarity Deviation on Multiple Scales, 2017). The mean is taken where those papers
 * take the deviation, so that a uniform loss of sharpness counts. In float64.
 */
public final class GradientSimilarity {
  /** On the smallest scale 3 x 3 pixels must be left. */
  public static final int SHORTEST_SIDE = 24;

  private static final double[] SCALE_WEIGHTS = {0.096, 0.596, 0.289, 0.019};
  private static final double STABILITY = 170.0 / (255 * 255);
  private static final double[] LUMA = {0.299, 0.587, 0.114};
  private static final int CHANNELS = 3;

  private GradientSimilarity() {}

  /**
   * Mean over the frames.
   *
   * @param reference [T, H, W, 3] with values from 0 to 1, sides of at least {@link #SHORTEST_SIDE}
   * @param test of the same shape
   * @return above 0, up to 1
   * @throws ShapeException if the shapes differ or are none of such clips
   */
  public static double of(Tensor reference, Tensor test) {
    Pairs.requireSameShape("gradient similarity", reference, test);
    if (reference.shape().rank() != 4 || reference.dim(3) != CHANNELS) {
      throw new ShapeException(
          "gradient similarity: a clip must be [T, H, W, 3], not " + reference.shape() + ".");
    }
    if (Math.min(reference.dim(1), reference.dim(2)) < SHORTEST_SIDE) {
      throw new ShapeException(
          "gradient similarity: frames must have sides of at least "
              + SHORTEST_SIDE
              + " pixels, not "
              + reference.dim(2)
              + " x "
              + reference.dim(1)
              + ".");
    }
    double sum = 0;
    for (int t = 0; t < reference.dim(0); t++) {
      sum += ofFrame(luma(reference, t), luma(test, t));
    }
    return sum / reference.dim(0);
  }

  private static Plane luma(Tensor clip, int frame) {
    int pixels = clip.dim(1) * clip.dim(2);
    double[] luma = new double[pixels];
    int at = frame * pixels * CHANNELS;
    for (int i = 0; i < pixels; i++) {
      for (double weight : LUMA) {
        luma[i] += weight * clip.data()[at++];
      }
    }
    return new Plane(luma, clip.dim(1), clip.dim(2));
  }

  private static double ofFrame(Plane reference, Plane test) {
    Plane a = reference;
    Plane b = test;
    double sum = 0;
    for (int scale = 0; scale < SCALE_WEIGHTS.length; scale++) {
      if (scale > 0) {
        a = halved(a);
        b = halved(b);
      }
      sum += SCALE_WEIGHTS[scale] * ofScale(gradients(a), gradients(b));
    }
    return sum;
  }

  private static double ofScale(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (2 * a[i] * b[i] + STABILITY) / (a[i] * a[i] + b[i] * b[i] + STABILITY);
    }
    return sum / a.length;
  }

  /** Lengths of the gradients at the pixels that have eight neighbours. */
  private static double[] gradients(Plane plane) {
    int width = plane.width();
    double[] v = plane.values();
    double[] lengths = new double[(plane.height() - 2) * (width - 2)];
    int at = 0;
    for (int y = 1; y + 1 < plane.height(); y++) {
      for (int x = 1; x + 1 < width; x++) {
        int i = y * width + x;
        double right = v[i - width + 1] + v[i + 1] + v[i + width + 1];
        double left = v[i - width - 1] + v[i - 1] + v[i + width - 1];
        double below = v[i + width - 1] + v[i + width] + v[i + width + 1];
        double above = v[i - width - 1] + v[i - width] + v[i - width + 1];
        lengths[at++] = Math.hypot((right - left) / 3, (below - above) / 3);
      }
    }
    return lengths;
  }

  private static Plane halved(Plane plane) {
    int height = plane.height() / 2;
    int width = plane.width() / 2;
    double[] v = plane.values();
    double[] means = new double[height * width];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int i = 2 * y * plane.width() + 2 * x;
        means[y * width + x] =
            (v[i] + v[i + 1] + v[i + plane.width()] + v[i + plane.width() + 1]) / 4;
      }
    }
    return new Plane(means, height, width);
  }
}
