package org.viditq.cli.picture;

import org.viditq.cli.console.Quantities;
import org.viditq.core.pipeline.Clip;
import org.viditq.quantize.metric.Planes;
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
        Ssim.GAUSSIAN.of(Planes.of(reference.pixels()), Planes.of(test.pixels()), 1));
  }

  /** For below a picture: 24.7 dB, 0.785. */
  public String caption() {
    return Quantities.decibel(psnr) + ", " + Quantities.similarity(ssim);
  }
}
