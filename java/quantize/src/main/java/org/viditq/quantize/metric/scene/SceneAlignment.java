package org.viditq.quantize.metric.scene;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.tensor.Tensor;

/**
 * Whether a picture of the sample models shows what its caption says, found by painting it: a
 * scorer of text alignment without a network, for captions of the samples' own few words.
 *
 * <p>For each object of the caption all 48 pairs of colour and shape are painted where the caption
 * places it, over a grid of shifts and sizes, on the caption's background. With the smallest
 * squared error e of the captioned pair and o of all other pairs, the object's alignment is (o - e)
 * / (o + e): near 1 where the captioned object alone explains the picture, 0 where another one does
 * as well, negative where another one does better. A picture's is the mean over its objects; a
 * clip's the mean over its first, middle and last frame, with objects looked for in the whole
 * frame. It does not judge sizes and motions, and arrangement only as far as a misplaced object is
 * not found.
 */
public final class SceneAlignment {
  private static final int SIDE = 64;
  private static final int CHANNELS = 3;
  private static final int COLOURS = SceneColour.values().length;

  private SceneAlignment() {}

  /** Whether a text is a caption of the samples. */
  public static boolean recognizes(String caption) {
    return SceneCaption.recognizes(caption);
  }

  /**
   * @param clip [T, 64, 64, 3] with values from 0 to 1
   * @return -1 to 1
   * @throws UsageException if the caption is none of the samples'
   * @throws ShapeException if the frames have another size
   */
  public static double of(Tensor clip, String caption) {
    SceneCaption scene = SceneCaption.parse(caption);
    if (clip.shape().rank() != 4
        || clip.dim(0) < 1
        || clip.dim(1) != SIDE
        || clip.dim(2) != SIDE
        || clip.dim(3) != CHANNELS) {
      throw new ShapeException(
          "scene alignment: frames must be those of the samples, [T, 64, 64, 3], not "
              + clip.shape()
              + ".");
    }
    Set<Integer> frames = new LinkedHashSet<>(Arrays.asList(0, clip.dim(0) / 2, clip.dim(0) - 1));
    double sum = 0;
    for (int frame : frames) {
      float[] pixels =
          Arrays.copyOfRange(
              clip.data(), frame * SIDE * SIDE * CHANNELS, (frame + 1) * SIDE * SIDE * CHANNELS);
      for (SceneCaption.ObjectOfScene object : scene.objects()) {
        sum += alignment(object, errors(object, scene.background(), pixels));
      }
    }
    return sum / (frames.size() * scene.objects().size());
  }

  private static double alignment(SceneCaption.ObjectOfScene object, double[][] errors) {
    double meant = errors[object.shape().ordinal()][object.colour().ordinal()];
    double others = Double.POSITIVE_INFINITY;
    for (int shape = 0; shape < errors.length; shape++) {
      for (int colour = 0; colour < COLOURS; colour++) {
        if (shape != object.shape().ordinal() || colour != object.colour().ordinal()) {
          others = Math.min(others, errors[shape][colour]);
        }
      }
    }
    return meant + others == 0 ? 0 : (others - meant) / (others + meant);
  }

  /** Smallest squared error over the places and sizes, by shape and colour. */
  static double[][] errors(
      SceneCaption.ObjectOfScene object, SceneBackground background, float[] pixels) {
    double largest = Arrays.stream(object.radii()).max().orElseThrow();
    int half = (int) (largest * 1.15 + object.reach());
    int top = (int) Math.max(0, object.y() - half);
    int bottom = (int) Math.min(SIDE, object.y() + half);
    int left = (int) Math.max(0, object.x() - half);
    int right = (int) Math.min(SIDE, object.x() + half);
    double[][] best = new double[SceneShape.values().length][COLOURS];
    for (double[] colours : best) {
      Arrays.fill(colours, Double.POSITIVE_INFINITY);
    }
    // Middles of pixels lie at halves.
    double x = object.x() - 0.5;
    double y = object.y() - 0.5;
    int columnOfCentre = (int) Math.floor(x);
    int rowOfCentre = (int) Math.floor(y);
    float[][] behind = new float[SIDE][CHANNELS];
    for (int row = 0; row < SIDE; row++) {
      for (int channel = 0; channel < CHANNELS; channel++) {
        behind[row][channel] = background.channel(channel, (row + 0.5) / SIDE);
      }
    }
    double[] errors = new double[COLOURS];
    for (SceneShape shape : SceneShape.values()) {
      for (double r : object.radii()) {
        SceneTemplate template = new SceneTemplate(shape, r, x - columnOfCentre, y - rowOfCentre);
        for (int dy = -object.reach(); dy <= object.reach(); dy += object.step()) {
          for (int dx = -object.reach(); dx <= object.reach(); dx += object.step()) {
            Arrays.fill(errors, 0);
            for (int row = top; row < bottom; row++) {
              for (int column = left; column < right; column++) {
                template.add(
                    errors,
                    column - columnOfCentre - dx,
                    row - rowOfCentre - dy,
                    behind[row],
                    pixels,
                    CHANNELS * (row * SIDE + column));
              }
            }
            double[] colours = best[shape.ordinal()];
            for (int colour = 0; colour < COLOURS; colour++) {
              colours[colour] = Math.min(colours[colour], errors[colour]);
            }
          }
        }
      }
    }
    return best;
  }
}
