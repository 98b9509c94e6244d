package org.viditq.cli.picture;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.viditq.core.pipeline.Clip;

/**
 * How close pictures are to their references.
 *
 * @param pictures in order, at least one
 */
public record PictureScores(List<PictureComparison> pictures) {
  public PictureScores {
    pictures = List.copyOf(pictures);
  }

  /** Compares picture or clip i with reference i. */
  public static PictureScores of(List<Clip> references, List<Clip> clips) {
    List<PictureComparison> comparisons = new ArrayList<>();
    for (int i = 0; i < clips.size(); i++) {
      comparisons.add(PictureComparison.of(references.get(i), clips.get(i)));
    }
    return new PictureScores(comparisons);
  }

  /** Mean over the pictures, dB; infinite if one is identical. */
  public double meanPsnr() {
    return pictures.stream().mapToDouble(PictureComparison::psnr).average().orElseThrow();
  }

  /** Mean over the pictures. */
  public double meanSsim() {
    return pictures.stream().mapToDouble(PictureComparison::ssim).average().orElseThrow();
  }

  /** Adds means and single values; JSON has no infinity, so that the PSNR of equals is null. */
  public void putInto(ObjectNode node) {
    node.put("psnr", finiteOrNull(meanPsnr()));
    node.put("ssim", meanSsim());
    ArrayNode psnr = node.putArray("psnrPerPicture");
    ArrayNode ssim = node.putArray("ssimPerPicture");
    for (PictureComparison picture : pictures) {
      psnr.add(finiteOrNull(picture.psnr()));
      ssim.add(picture.ssim());
    }
  }

  private static Double finiteOrNull(double value) {
    return Double.isFinite(value) ? value : null;
  }
}
