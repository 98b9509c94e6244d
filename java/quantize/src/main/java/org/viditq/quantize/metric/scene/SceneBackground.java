package org.viditq.quantize.metric.scene;

import java.util.Locale;

/** The backgrounds that the sample models were trained on: gradients from top to bottom. */
enum SceneBackground {
  WHITE(252, 252, 252, 238, 238, 240),
  BLACK(34, 34, 38, 14, 14, 16),
  GRAY(158, 158, 162, 136, 136, 140),
  SUNSET(96, 62, 128, 252, 190, 150),
  OCEAN(176, 226, 236, 18, 70, 116);

  private final float[] colours = new float[6];

  SceneBackground(int... topThenBottom) {
    for (int i = 0; i < colours.length; i++) {
      colours[i] = topThenBottom[i] / 255f;
    }
  }

  /**
   * A channel at a height.
   *
   * @param fromTop 0 at the top, 1 at the bottom
   */
  float channel(int index, double fromTop) {
    return (float) (colours[index] * (1 - fromTop) + colours[3 + index] * fromTop);
  }

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
