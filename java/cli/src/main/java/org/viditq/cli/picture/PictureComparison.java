package org.viditq.cli.picture;

import org.viditq.core.pipeline.Clip;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.metric.Psnr;
import org.viditq.quantize.metric.Ssim;

/**
 * How close a picture or clip is to a reference, on pixel values 0 to 1 before rounding to eight
 * bits.
 *
 * @param psnr over all pixels, channels and frames, dB; infinite for equal ones
 * @param ssim of the channels of the frames, averaged
 */
public record PictureComparison(double psnr, double ssim) {
  public static PictureComparison of(Clip reference, Clip test) {
    return new PictureComparison(
        Psnr.of(reference.pixels(), test.pixels(), 1),
        Ssim.GAUSSIAN.of(planes(reference), planes(test), 1));
  }

  /** From [T, H, W, 3] to [3 T, H, W]. */
  private static Tensor planes(Clip clip) {
    int pixels = clip.height() * clip.width();
    float[] interleaved = clip.pixels().data();
    float[] planes = new float[interleaved.length];
    for (int t = 0; t < clip.frames(); t++) {
      for (int i = 0; i < pixels; i++) {
        for (int c = 0; c < 3; c++) {
          planes[(3 * t + c) * pixels + i] = interleaved[3 * (t * pixels + i) + c];
        }
      }
    }
    return Tensor.of(planes, 3 * clip.frames(), clip.height(), clip.width());
  }
}
