package org.viditq.core.model.size;

import java.util.List;

/**
 * The sizes that HunyuanDiT was trained for, as {@code map_to_standard_shapes} of diffusers'
 * pipeline chooses among them: by the ratio of the sides, then by the area. Pictures stay at the
 * size that they were made at.
 */
public final class StandardSizes implements SizeBins {
  private static final int SIDE = 1024;

  /** What the pipeline rounds sides down to before it looks for a size. */
  private static final int UNIT = 16;

  /** Sizes of a ratio width / height. */
  private record Ratio(double ratio, List<PictureSize> sizes) {}

  private static final List<Ratio> RATIOS =
      List.of(
          new Ratio(1, List.of(new PictureSize(1024, 1024), new PictureSize(1280, 1280))),
          new Ratio(
              4 / 3.0,
              List.of(
                  new PictureSize(768, 1024),
                  new PictureSize(864, 1152),
                  new PictureSize(960, 1280))),
          new Ratio(
              3 / 4.0,
              List.of(
                  new PictureSize(1024, 768),
                  new PictureSize(1152, 864),
                  new PictureSize(1280, 960))),
          new Ratio(16 / 9.0, List.of(new PictureSize(768, 1280))),
          new Ratio(9 / 16.0, List.of(new PictureSize(1280, 768))));

  @Override
  public int side() {
    return SIDE;
  }

  @Override
  public PictureSize nearest(PictureSize asked) {
    PictureSize rounded = new PictureSize(roundDown(asked.height()), roundDown(asked.width()));
    if (sizes().contains(rounded)) {
      return rounded;
    }
    double ratio = (double) rounded.width() / rounded.height();
    Ratio nearest = RATIOS.get(0);
    for (Ratio other : RATIOS) {
      if (Math.abs(other.ratio() - ratio) < Math.abs(nearest.ratio() - ratio)) {
        nearest = other;
      }
    }
    PictureSize best = nearest.sizes().get(0);
    for (PictureSize size : nearest.sizes()) {
      if (Math.abs(area(size) - area(rounded)) < Math.abs(area(best) - area(rounded))) {
        best = size;
      }
    }
    return best;
  }

  private static int roundDown(int side) {
    return Math.max(UNIT, side / UNIT * UNIT);
  }

  private static long area(PictureSize size) {
    return (long) size.height() * size.width();
  }

  @Override
  public boolean broughtToAskedSize() {
    return false;
  }

  /** All sizes. */
  public static List<PictureSize> sizes() {
    return RATIOS.stream().flatMap(ratio -> ratio.sizes().stream()).toList();
  }
}
