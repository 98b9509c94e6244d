package org.viditq.core.schedule;

import org.viditq.core.error.UsageException;

/**
 * Which training steps a shortened diffusion process keeps. Nichol and Dhariwal, "Improved
 * Denoising Diffusion Probabilistic Models", 2021, section 4, as their published code counts.
 */
public final class TimestepRespacing {
  private static final String DDIM = "ddim";

  private TimestepRespacing() {}

  /**
   * The kept steps, ascending.
   *
   * @param trainingSteps steps of the whole process
   * @param sections how many steps to keep of each of equally long sections, separated by commas:
   *     {@code 20} or {@code 10,15,20}. The first and the last step of a section are kept;
   *     fractional strides between are summed up and rounded half to even. {@code ddimN} keeps
   *     every k-th step for the smallest k that leaves exactly N
   * @throws UsageException if the text is no such list, or asks for more steps than there are
   */
  public static int[] steps(int trainingSteps, String sections) {
    if (sections.startsWith(DDIM)) {
      return strided(trainingSteps, count(sections.substring(DDIM.length()), sections), sections);
    }
    String[] counts = sections.split(",", -1);
    int[] sizes = new int[counts.length];
    int total = 0;
    for (int i = 0; i < counts.length; i++) {
      sizes[i] = count(counts[i], sections);
      int sectionSize = trainingSteps / counts.length + (i < trainingSteps % counts.length ? 1 : 0);
      if (sizes[i] > sectionSize) {
        throw new UsageException(
            "The respacing "
                + sections
                + " keeps "
                + sizes[i]
                + " steps of a section that has "
                + sectionSize
                + "; take fewer steps.");
      }
      total += sizes[i];
    }
    int[] kept = new int[total];
    int next = 0;
    int start = 0;
    for (int i = 0; i < sizes.length; i++) {
      int sectionSize = trainingSteps / sizes.length + (i < trainingSteps % sizes.length ? 1 : 0);
      double stride = sizes[i] <= 1 ? 1 : (sectionSize - 1.0) / (sizes[i] - 1);
      double position = 0;
      for (int k = 0; k < sizes[i]; k++) {
        kept[next++] = start + (int) Math.rint(position);
        position += stride;
      }
      start += sectionSize;
    }
    return kept;
  }

  private static int[] strided(int trainingSteps, int wanted, String sections) {
    for (int stride = 1; stride < trainingSteps; stride++) {
      if ((trainingSteps + stride - 1) / stride == wanted) {
        int[] kept = new int[wanted];
        for (int i = 0; i < wanted; i++) {
          kept[i] = i * stride;
        }
        return kept;
      }
    }
    throw new UsageException(
        "The respacing "
            + sections
            + " has no whole stride over "
            + trainingSteps
            + " steps; take another number of steps.");
  }

  private static int count(String text, String sections) {
    try {
      int count = Integer.parseInt(text.strip());
      if (count >= 1) {
        return count;
      }
    } catch (NumberFormatException noNumber) {
      // Refused below, as zero is.
    }
    throw new UsageException(
        "The respacing "
            + (sections.length() <= 60 ? sections : sections.substring(0, 57) + "...")
            + " is no list of positive numbers; give for example 20, 10,15,20 or ddim25.");
  }
}
