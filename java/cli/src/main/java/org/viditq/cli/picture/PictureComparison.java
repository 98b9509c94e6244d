package org.viditq.cli.picture;

import org.viditq.core.pipeline.Image;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.metric.Psnr;
import org.viditq.quantize.metric.Ssim;

/**
 * How close a picture is to a reference, on pixel values 0 to 1 before rounding to eight bits.
 *
 * @param psnr over all pixels and channels, dB; infinite for equal pictures
 * @param ssim of the channels, averaged
 */
public record PictureComparison(double psnr, double ssim) {
  public static PictureComparison of(Image reference, Image test) {
    return new PictureComparison(
        Psnr.of(reference.pixels(), test.pixels(), 1),
        Ssim.GAUSSIAN.of(planes(reference), planes(test), 1));
  }

  /** From [H, W, 3] to [3, H, W]. */
  private static Tensor planes(Image image) {
    int pixels = image.height() * image.width();
    float[] interleaved = image.pixels().data();
    float[] planes = new float[interleaved.length];
    for (int i = 0; i < pixels; i++) {
      for (int c = 0; c < 3; c++) {
        planes[c * pixels + i] = interleaved[3 * i + c];
      }
    }
    return Tensor.of(planes, 3, image.height(), image.width());
  }
}
