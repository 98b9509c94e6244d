package org.viditq.cli.demo;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.viditq.cli.console.Quantities;
import org.viditq.cli.picture.Motion;
import org.viditq.cli.picture.PictureScores;
import org.viditq.quantize.apply.StoredSize;

/**
 * What one plan gave.
 *
 * @param plan name as {@code --plan} takes it; {@code full-precision} for the original
 * @param title for people
 * @param description one line
 * @param size of the transformer as stored
 * @param pictures PNG or, of clips, GIF files, one per prompt
 * @param scores against full precision; empty for full precision itself
 * @param motion flicker and warping error, means over the clips; empty for pictures
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
    Optional<Motion> motion,
    double secondsPerPicture,
    Optional<PublishedFigures.Figure> published) {
  private static final String NOTHING = "–";

  /** Mean over the pictures, dB; for quantized outcomes only. */
  double meanPsnr() {
    return scores.orElseThrow().meanPsnr();
  }

  // What tables show; "–" for what does not apply.

  String weights() {
    return Quantities.bytes(size.quantized());
  }

  String smallerBy() {
    return text(scores, s -> Quantities.times(size.ratio()));
  }

  String layersSmallerBy() {
    return text(scores, s -> Quantities.times(size.layerRatio()));
  }

  String psnr() {
    return text(scores, s -> Quantities.decibel(s.meanPsnr()));
  }

  String ssim() {
    return text(scores, s -> Quantities.similarity(s.meanSsim()));
  }

  String flicker() {
    return text(motion, Motion::flickerText);
  }

  String warping() {
    return text(motion, Motion::warpingText);
  }

  String seconds() {
    return Quantities.seconds(secondsPerPicture);
  }

  String publishedPsnr() {
    return text(published, f -> Quantities.decibel(f.psnr()));
  }

  String publishedSsim() {
    return text(published, f -> Quantities.similarity(f.ssim()));
  }

  String publishedFigures() {
    return text(
        published, f -> Quantities.decibel(f.psnr()) + " / " + Quantities.similarity(f.ssim()));
  }

  /** Below a picture. */
  String caption(int picture) {
    return scores.map(s -> s.pictures().get(picture).caption()).orElse("reference");
  }

  private static <T> String text(Optional<T> figure, Function<T, String> text) {
    return figure.map(text).orElse(NOTHING);
  }
}
