package org.viditq.onnx;

import java.io.IOException;
import org.viditq.core.checkpoint.StoredTensor;

/**
 * Reads a weight [out, in] as its transpose [in, out], the form that MatMul takes, in blocks of
 * input channels so that no more than a megabyte is on the heap.
 */
final class WeightColumns {
  private static final int BLOCK_ELEMENTS = 1 << 18;

  private WeightColumns() {}

  /** Takes one block. */
  @FunctionalInterface
  interface Sink {
    /**
     * @param block [count / out, out] of the transpose, in its first {@code count} elements; used
     *     again for the next block
     */
    void accept(float[] block, int count) throws IOException;
  }

  static void forEachBlock(StoredTensor weight, Sink sink) throws IOException {
    int out = weight.shape().dim(0);
    int in = weight.shape().dim(1);
    int step = Math.max(1, Math.min(in, BLOCK_ELEMENTS / Math.max(1, out)));
    float[] row = new float[step];
    float[] block = new float[step * out];
    for (int from = 0; from < in; from += step) {
      int count = Math.min(step, in - from);
      for (int n = 0; n < out; n++) {
        weight.copyTo(n * in + from, row, 0, count);
        for (int k = 0; k < count; k++) {
          block[k * out + n] = row[k];
        }
      }
      sink.accept(block, count * out);
    }
  }
}
