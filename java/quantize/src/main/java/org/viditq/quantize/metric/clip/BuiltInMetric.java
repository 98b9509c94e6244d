package org.viditq.quantize.metric.clip;

import java.util.Locale;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.metric.ClipMotion;
import org.viditq.quantize.metric.ColourHistogram;
import org.viditq.quantize.metric.ErrorStatistics;
import org.viditq.quantize.metric.GradientSimilarity;
import org.viditq.quantize.metric.Planes;
import org.viditq.quantize.metric.Psnr;
import org.viditq.quantize.metric.Ssim;
import org.viditq.quantize.metric.TemporalFlicker;
import org.viditq.quantize.metric.WarpingError;
import org.viditq.quantize.metric.scene.SceneAlignment;

/** The metrics that need no weights. */
public enum BuiltInMetric implements ClipMetric {
  /** Mean squared difference of pixel values from 0 to 1. */
  MSE(
      Direction.LOWER,
      clip -> ErrorStatistics.of(reference(clip), clip.pixels()).meanSquaredError(),
      Need.REFERENCE),

  /** {@link Psnr} over all pixels, channels and frames, dB; infinite for equal clips. */
  PSNR(Direction.HIGHER, clip -> Psnr.of(reference(clip), clip.pixels(), 1), Need.REFERENCE),

  /** {@link Ssim#GAUSSIAN} of the channels of the frames, averaged. */
  SSIM(
      Direction.HIGHER,
      clip -> Ssim.GAUSSIAN.of(Planes.of(reference(clip)), Planes.of(clip.pixels()), 1),
      Need.REFERENCE),

  /** {@link GradientSimilarity}. */
  GRADIENT_SIMILARITY(
      Direction.HIGHER,
      clip -> GradientSimilarity.of(reference(clip), clip.pixels()),
      Need.REFERENCE),

  /** {@link ColourHistogram#distance}. */
  COLOUR_HISTOGRAM(
      Direction.LOWER,
      clip -> ColourHistogram.distance(reference(clip), clip.pixels()),
      Need.REFERENCE),

  /** {@link TemporalFlicker} of the clip itself. */
  FLICKER(Direction.AS_REFERENCE, clip -> TemporalFlicker.of(clip.pixels()), Need.SEVERAL_FRAMES),

  /** {@link WarpingError} of the clip along the full-precision clip's motion. */
  WARPING_ERROR(
      Direction.LOWER,
      clip -> WarpingError.of(clip.reference().orElseThrow().motion(), clip.pixels()).test(),
      Need.REFERENCE,
      Need.SEVERAL_FRAMES),

  /** {@link ClipMotion#flowScore}: how much moves. */
  FLOW_SCORE(
      Direction.AS_REFERENCE,
      clip -> ClipMotion.of(clip.pixels()).flowScore(),
      Need.SEVERAL_FRAMES),

  /** {@link SceneAlignment}: whether a sample model's picture shows what its caption says. */
  SCENE_ALIGNMENT(
      Direction.HIGHER,
      clip -> SceneAlignment.of(clip.pixels(), clip.caption().orElseThrow()),
      Need.CAPTION);

  private final Direction direction;
  private final ToDoubleFunction<JudgedClip> figure;
  private final Set<Need> needs;

  BuiltInMetric(Direction direction, ToDoubleFunction<JudgedClip> figure, Need... needs) {
    this.direction = direction;
    this.figure = figure;
    this.needs = Set.of(needs);
  }

  @Override
  public Direction direction() {
    return direction;
  }

  @Override
  public Set<Need> needs() {
    return needs;
  }

  @Override
  public double of(JudgedClip clip) {
    clip.require(this);
    return figure.applyAsDouble(clip);
  }

  private static Tensor reference(JudgedClip clip) {
    return clip.reference().orElseThrow().pixels();
  }

  /** The constant's name in lower case, with hyphens. */
  @Override
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
