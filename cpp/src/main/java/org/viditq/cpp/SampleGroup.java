package org.viditq.cpp;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.tensor.Shape;

/**
 * Samples of a batch that are computed together where the values between two operators are several
 * times as large as operands and results: only those of one group are in memory at a time. A group
 * has enough rows to keep all threads busy, so that this costs no time; results do not depend on
 * it.
 *
 * @param first index of the first one
 * @param samples how many there are
 * @param tokens rows of each sample
 */
record SampleGroup(int first, int samples, int tokens) {
  /** A block of rows as products take them. */
  private static final int ROWS_PER_THREAD = 512;

  /** Those of x [B, N, C]; x of another rank is one sample. */
  static List<SampleGroup> groups(Shape x, int threads) {
    if (x.rank() != 3) {
      return List.of(new SampleGroup(0, 1, x.rows()));
    }
    int tokens = Math.max(1, x.dim(1));
    int most = (int) Math.max(1, (long) ROWS_PER_THREAD * threads / tokens);
    List<SampleGroup> groups = new ArrayList<>();
    for (int first = 0; first < x.dim(0); first += most) {
      groups.add(new SampleGroup(first, Math.min(most, x.dim(0) - first), x.dim(1)));
    }
    return groups;
  }

  int firstRow() {
    return first * tokens;
  }

  int rows() {
    return samples * tokens;
  }

  /** These samples of x [B, N, C]. */
  NativeTensor of(NativeTensor x, NativeMemory memory) {
    int channels = x.shape().dim(2);
    return memory.view(x, Shape.of(samples, tokens, channels), (long) firstRow() * channels);
  }
}
