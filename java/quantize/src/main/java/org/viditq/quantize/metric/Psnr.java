package org.viditq.quantize.metric;

import org.viditq.core.tensor.Tensor;

/** Peak signal to noise ratio 10 log10(R² / MSE) in decibel, R the data range. */
public final class Psnr {
  private Psnr() {}

  /**
   * Over all elements.
   *
   * @param dataRange largest minus smallest possible value: 1 or 255 for pictures
   * @return infinite for equal tensors
   */
  public static double of(Tensor reference, Tensor test, double dataRange) {
    Pairs.requireDataRange("PSNR", dataRange);
    return decibel(ErrorStatistics.of(reference, test).meanSquaredError(), dataRange);
  }

  /** Of each frame of a video [T, ...]. */
  public static double[] ofFrames(Tensor reference, Tensor test, double dataRange) {
    Pairs.requireDataRange("PSNR", dataRange);
    Pairs.requireSameShape("PSNR", reference, test);
    double[] frames = new double[reference.dim(0)];
    int size = reference.size() / frames.length;
    for (int frame = 0; frame < frames.length; frame++) {
      double squares = 0;
      for (int i = frame * size; i < (frame + 1) * size; i++) {
        double error = (double) reference.data()[i] - test.data()[i];
        squares += error * error;
      }
      frames[frame] = decibel(squares / size, dataRange);
    }
    return frames;
  }

  private static double decibel(double meanSquaredError, double dataRange) {
    return meanSquaredError == 0
        ? Double.POSITIVE_INFINITY
        : 10 * Math.log10(dataRange * dataRange / meanSquaredError);
  }
}
