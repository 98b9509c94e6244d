package org.viditq.quantize.metric.scene;

/**
 * How a shape of one size is painted, pixel by pixel around its centre: what of the background is
 * left, and the paint of each colour.
 */
final class SceneTemplate {
  private static final int COLOURS = SceneColour.values().length;
  private static final int CHANNELS = 3;

  private final int reach;
  private final int side;

  /** Shadow times what is not covered; 1 where nothing is painted. */
  private final float[] background;

  /** [pixel][colour][channel]; zeros where nothing covers. */
  private final float[] paint;

  private final boolean[] covered;

  /**
   * @param fractionX how far right of a pixel's middle the centre lies, 0 to below 1
   * @param fractionY the same downwards
   */
  SceneTemplate(SceneShape shape, double r, double fractionX, double fractionY) {
    // Beyond the largest outline and its shadow.
    reach = (int) Math.ceil(1.25 * r) + 6;
    side = 2 * reach + 1;
    background = new float[side * side];
    paint = new float[side * side * COLOURS * CHANNELS];
    covered = new boolean[side * side];
    for (int i = 0; i < side; i++) {
      for (int j = 0; j < side; j++) {
        pixel(shape, r, i * side + j, j - reach - fractionX, i - reach - fractionY);
      }
    }
  }

  private void pixel(SceneShape shape, double r, int at, double x, double y) {
    double cover = clip(0.5 - shape.distance(x, y, r), 0, 1);
    double shade = 1 - 0.3 * clip(0.5 - shape.distance(x - 1.6, y - 2, r) / 4, 0, 1);
    double light = clip(1 - 0.16 * (0.6 * x + 0.8 * y) / r, 0.78, 1.24);
    background[at] = (float) (shade * (1 - cover));
    covered[at] = cover > 0;
    for (SceneColour colour : SceneColour.values()) {
      for (int channel = 0; channel < CHANNELS; channel++) {
        paint[(at * COLOURS + colour.ordinal()) * CHANNELS + channel] =
            (float) (cover * clip(colour.channel(channel) * light, 0, 1));
      }
    }
  }

  private static double clip(double value, double low, double high) {
    return Math.max(low, Math.min(high, value));
  }

  /**
   * Adds to each colour's squared error that of a pixel.
   *
   * @param dx of the pixel from the one that the centre lies in
   * @param dy the same downwards
   * @param behind the background's channels there
   * @param pixels channels of all pixels
   * @param at index of the pixel's first channel
   */
  void add(double[] errors, int dx, int dy, float[] behind, float[] pixels, int at) {
    boolean inside = Math.abs(dx) <= reach && Math.abs(dy) <= reach;
    int cell = inside ? (dy + reach) * side + dx + reach : 0;
    float left = inside ? background[cell] : 1;
    float red = left * behind[0] - pixels[at];
    float green = left * behind[1] - pixels[at + 1];
    float blue = left * behind[2] - pixels[at + 2];
    if (!inside || !covered[cell]) {
      float error = red * red + green * green + blue * blue;
      for (int colour = 0; colour < COLOURS; colour++) {
        errors[colour] += error;
      }
      return;
    }
    int from = cell * COLOURS * CHANNELS;
    for (int colour = 0; colour < COLOURS; colour++) {
      float r = red + paint[from++];
      float g = green + paint[from++];
      float b = blue + paint[from++];
      errors[colour] += r * r + g * g + b * b;
    }
  }
}
