package org.viditq.core.model.size;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * PixArt's bins: sizes of about the same number of pixels, one per aspect ratio, the nearest of
 * which is taken. The tables are those of diffusers' PixArt pipelines ({@code
 * use_resolution_binning}), in the resource {@code aspect-ratios.csv}.
 */
public final class AspectRatioBins implements SizeBins {
  private static final String TABLE = "aspect-ratios.csv";

  /** One bin: its ratio as the table rounds it, which is what is compared. */
  private record Bin(double ratio, PictureSize size) {}

  private final int side;
  private final List<Bin> bins;

  private AspectRatioBins(int side, List<Bin> bins) {
    this.side = side;
    this.bins = bins;
  }

  /**
   * The bins of models of a size.
   *
   * @param side 256, 512, 1024 or 2048; there are none for others
   */
  public static Optional<SizeBins> ofSide(int side) {
    List<Bin> bins = new ArrayList<>();
    for (String line : lines()) {
      String[] fields = line.split(",");
      if (!line.startsWith("#") && Integer.parseInt(fields[0]) == side) {
        bins.add(
            new Bin(
                Double.parseDouble(fields[1]),
                new PictureSize(Integer.parseInt(fields[2]), Integer.parseInt(fields[3]))));
      }
    }
    return bins.isEmpty() ? Optional.empty() : Optional.of(new AspectRatioBins(side, bins));
  }

  private static List<String> lines() {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                AspectRatioBins.class.getResourceAsStream(TABLE), StandardCharsets.UTF_8))) {
      return reader.lines().toList();
    } catch (IOException damagedJar) {
      throw new UncheckedIOException(damagedJar);
    }
  }

  @Override
  public int side() {
    return side;
  }

  /** Of two bins that are equally near, the flatter one. */
  @Override
  public PictureSize nearest(PictureSize asked) {
    Bin best = bins.get(0);
    for (Bin bin : bins) {
      if (distance(bin, asked) < distance(best, asked)) {
        best = bin;
      }
    }
    return best.size();
  }

  private static double distance(Bin bin, PictureSize asked) {
    return Math.abs(bin.ratio() - asked.aspectRatio());
  }

  @Override
  public boolean broughtToAskedSize() {
    return true;
  }
}
