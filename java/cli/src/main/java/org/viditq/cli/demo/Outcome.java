package org.viditq.cli.demo;

import java.util.List;
import java.util.Optional;
import org.viditq.cli.picture.PictureScores;
import org.viditq.quantize.apply.StoredSize;

/**
 * What one plan gave.
 *
 * @param plan name as {@code --plan} takes it; {@code full-precision} for the original
 * @param title for people
 * @param description one line
 * @param size of the transformer as stored
 * @param pictures PNG files, one per prompt
 * @param scores against full precision; empty for full precision itself
 * @param secondsPerPicture to denoise and decode, without encoding the prompt
 * @param published what the published layers score with this plan
 */
record Outcome(
    String plan,
    String title,
    String description,
    StoredSize size,
    List<byte[]> pictures,
    Optional<PictureScores> scores,
    double secondsPerPicture,
    Optional<PublishedFigures.Figure> published) {
  /** Mean over the pictures, dB; for quantized outcomes only. */
  double meanPsnr() {
    return scores.orElseThrow().meanPsnr();
  }
}
