package org.viditq.cli.evaluate;

import java.util.Arrays;

/**
 * How one plan's pictures compare with the full-precision ones of the same prompts and seeds.
 *
 * @param plan name
 * @param weightBytes of the transformer as stored
 * @param ratio of the original's bytes to these
 * @param psnr per picture, dB
 * @param ssim per picture
 * @param secondsPerPicture to denoise and decode
 */
record PlanScore(
    String plan,
    long weightBytes,
    double ratio,
    double[] psnr,
    double[] ssim,
    double secondsPerPicture) {
  double meanPsnr() {
    return Arrays.stream(psnr).average().orElseThrow();
  }

  double meanSsim() {
    return Arrays.stream(ssim).average().orElseThrow();
  }
}
