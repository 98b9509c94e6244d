package org.viditq.quantize.metric.scene;

import java.util.Locale;

/** The colours of the objects that the sample models were trained on. */
enum SceneColour {
  RED(222, 45, 45),
  GREEN(40, 165, 70),
  BLUE(45, 85, 225),
  YELLOW(250, 210, 35),
  ORANGE(248, 130, 25),
  PURPLE(135, 55, 190),
  PINK(250, 120, 185),
  CYAN(40, 200, 215);

  private final float[] rgb;

  SceneColour(int red, int green, int blue) {
    rgb = new float[] {red / 255f, green / 255f, blue / 255f};
  }

  /** One channel, 0 to 1. */
  float channel(int index) {
    return rgb[index];
  }

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
