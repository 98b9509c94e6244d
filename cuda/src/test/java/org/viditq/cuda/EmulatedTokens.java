package org.viditq.cuda;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.cuda.bridge.Bridge;
import org.viditq.cuda.bridge.viditq_cuda_tokens;

/** Buffers for the token codes of a matrix, in the layout of the kernels. */
final class EmulatedTokens implements AutoCloseable {
  private final IntegerFormat format;
  private final int rows;
  private final int columns;
  private final int rowBytes;
  private final BytePointer codes;
  private final FloatPointer scale;
  private final IntPointer zeroPoint;
  private final IntPointer rowSum;
  private final IntPointer notFinite = new IntPointer(1).put(0);

  EmulatedTokens(IntegerFormat format, int rows, int columns) {
    this.format = format;
    this.rows = rows;
    this.columns = columns;
    int unit = Bridge.VIDITQ_CUDA_CODE_ROW;
    this.rowBytes = (columns + unit - 1) / unit * unit;
    this.codes = new BytePointer((long) rows * rowBytes);
    this.scale = new FloatPointer(rows);
    this.zeroPoint = new IntPointer(rows);
    this.rowSum = new IntPointer(rows);
  }

  viditq_cuda_tokens view() {
    viditq_cuda_tokens view = new viditq_cuda_tokens();
    view.codes(codes);
    view.scale(scale);
    view.zero_point(zeroPoint);
    view.row_sum(rowSum);
    view.not_finite(notFinite);
    return view;
  }

  boolean finite() {
    return notFinite.get() == 0;
  }

  /** The codes as other backends give them. */
  QuantizedActivations read() {
    byte[] dense = new byte[rows * columns];
    for (int row = 0; row < rows; row++) {
      codes.position((long) row * rowBytes).get(dense, row * columns, columns);
    }
    codes.position(0);
    float[] scales = new float[rows];
    int[] zeroPoints = new int[rows];
    int[] sums = new int[rows];
    scale.get(scales);
    zeroPoint.get(zeroPoints);
    rowSum.get(sums);
    return new QuantizedActivations(format, rows, columns, dense, scales, zeroPoints, sums);
  }

  @Override
  public void close() {
    codes.close();
    scale.close();
    zeroPoint.close();
    rowSum.close();
    notFinite.close();
  }
}
