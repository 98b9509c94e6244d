package org.viditq.core.model.embedding;

/**
 * Where a grid of patches comes to lie in the square training grid: resized to fit with its aspect
 * ratio kept, then centred. Roundings are half to even. HunyuanDiT.
 */
public record CropRegion(int top, int left, int bottom, int right) {

  /**
   * @param height patches per column of the grid
   * @param width patches per row of the grid
   * @param base patches along one side of the square
   */
  public static CropRegion fit(int height, int width, int base) {
    int resizedHeight = base;
    int resizedWidth = base;
    if (height > width) {
      resizedWidth = round(base / (double) height * width);
    } else {
      resizedHeight = round(base / (double) width * height);
    }
    int top = round((base - resizedHeight) / 2.0);
    int left = round((base - resizedWidth) / 2.0);
    return new CropRegion(top, left, top + resizedHeight, left + resizedWidth);
  }

  private static int round(double value) {
    return (int) Math.rint(value);
  }
}
