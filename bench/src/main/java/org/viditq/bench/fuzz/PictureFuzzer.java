package org.viditq.bench.fuzz;

import org.viditq.core.model.size.PictureSize;
import org.viditq.media.PictureFile;

/** Pictures that sampling starts from, brought to a size. */
public final class PictureFuzzer {
  private static final PictureSize SIZE = new PictureSize(8, 12);

  /** Larger ones cost time, and go the same way through the reader. */
  private static final long MOST_PIXELS = 1L << 14;

  private PictureFuzzer() {}

  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    Refusal.allowed(
        () -> {
          float[] pixels =
              PictureFile.read(Scratch.write("picture", input), MOST_PIXELS)
                  .fitted(SIZE)
                  .pixels()
                  .data();
          for (float value : pixels) {
            if (!(value >= 0 && value <= 1)) {
              throw new AssertionError("A pixel is " + value + ".");
            }
          }
        });
  }
}
