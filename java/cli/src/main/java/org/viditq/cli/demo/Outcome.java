package org.viditq.cli.demo;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What one plan gave.
 *
 * @param plan name as {@code --plan} takes it; {@code full-precision} for the original
 * @param title for people
 * @param description one line
 * @param weightBytes of the transformer as stored
 * @param pictures PNG files, one per prompt
 * @param psnr against full precision per prompt, dB; empty for full precision itself
 * @param ssim against full precision per prompt; empty for full precision itself
 * @param secondsPerPicture to denoise and decode, without encoding the prompt
 * @param published what the published layers score with this plan
 */
record Outcome(
    String plan,
    String title,
    String description,
    long weightBytes,
    List<byte[]> pictures,
    double[] psnr,
    double[] ssim,
    double secondsPerPicture,
    Optional<PublishedFigures.Figure> published) {
  boolean isFullPrecision() {
    return psnr.length == 0;
  }

  double meanPsnr() {
    return Arrays.stream(psnr).average().orElseThrow();
  }

  double meanSsim() {
    return Arrays.stream(ssim).average().orElseThrow();
  }
}
