package org.viditq.media;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.Image;
import org.viditq.core.tensor.Tensor;

/** Clips to encode, and how far they are from what was decoded. */
final class TestClips {
  /** Scripts, line breaks, quotes, markup, combining marks, and characters beyond 16 bits. */
  static final List<String> NASTY_PROMPTS =
      List.of(
          "a red ring",
          "ein großer roter Kreis, 赤い円, красное кольцо, حلقة حمراء, लाल वलय",
          "two\nlines\r\n\tand \"quotes\" 'single' back\\slash",
          "<b>&amp; ]]> %s ${x} \u0001 \u007f",
          "👩‍🚀🔥 e\u0301 \u202eright to left",
          " ");

  private TestClips() {}

  static Provenance provenance(String prompt) {
    Map<String, String> texts = new TreeMap<>();
    texts.put("prompt", prompt);
    texts.put("seed", "42");
    texts.put("plan", "w8a8");
    texts.put("Software", "viditq 1.2.3");
    return new Provenance(texts);
  }

  /** A disc that moves over a gradient. */
  static Clip moving(int frames, int height, int width, double framesPerSecond) {
    float[] values = new float[frames * height * width * 3];
    int at = 0;
    for (int t = 0; t < frames; t++) {
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          boolean disc = Math.hypot(x - width / 4.0 - 2 * t, y - height / 2.0) < height / 5.0;
          values[at++] = disc ? 0.9f : 0.2f + 0.6f * x / width;
          values[at++] = disc ? 0.1f : 0.3f + 0.4f * y / height;
          values[at++] = disc ? 0.1f : 0.5f;
        }
      }
    }
    return new Clip(Tensor.of(values, frames, height, width, 3), framesPerSecond);
  }

  /** Independent uniform values: the worst case of every encoder. */
  static Clip noise(int frames, int height, int width) {
    Random random = new Random(7);
    float[] values = new float[frames * height * width * 3];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    return new Clip(Tensor.of(values, frames, height, width, 3), 8);
  }

  static Image picture(int height, int width) {
    return moving(1, height, width, 1).frame(0);
  }

  /** Mean absolute difference of the channels, of 255. */
  static double difference(FramePixels a, FramePixels b) {
    if (a.width() != b.width() || a.height() != b.height()) {
      throw new AssertionError(
          a.width() + " x " + a.height() + " is not " + b.width() + " x " + b.height());
    }
    double sum = 0;
    for (int i = 0; i < a.rgb().length; i++) {
      for (int shift = 0; shift <= 16; shift += 8) {
        sum += Math.abs((a.rgb()[i] >> shift & 0xff) - (b.rgb()[i] >> shift & 0xff));
      }
    }
    return sum / (3.0 * a.rgb().length);
  }
}
