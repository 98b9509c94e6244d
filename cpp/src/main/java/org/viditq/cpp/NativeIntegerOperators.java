package org.viditq.cpp;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.viditq.core.error.ShapeException;
import org.viditq.core.operators.IntegerOperators;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.GridGroups;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.tensor.Tensor;
import org.viditq.cpp.bridge.Bridge;

/**
 * The integer half of the quantized linear layer on the C++ kernels; to the bit what the reference
 * backend computes.
 *
 * <p>Holds off-heap buffers that are reused by the calls: one instance per thread.
 */
public final class NativeIntegerOperators implements IntegerOperators, AutoCloseable {
  private final GrowingBuffer<FloatPointer> values = new GrowingBuffer<>(FloatPointer::new);
  private final GrowingBuffer<FloatPointer> lows = new GrowingBuffer<>(FloatPointer::new);
  private final GrowingBuffer<FloatPointer> highs = new GrowingBuffer<>(FloatPointer::new);
  private final GrowingBuffer<FloatPointer> scales = new GrowingBuffer<>(FloatPointer::new);
  private final GrowingBuffer<IntPointer> zeroPoints = new GrowingBuffer<>(IntPointer::new);
  private final GrowingBuffer<IntPointer> sums = new GrowingBuffer<>(IntPointer::new);
  private final GrowingBuffer<BytePointer> codes = new GrowingBuffer<>(BytePointer::new);
  private final InstructionSet isa;
  private boolean closed;

  /**
   * @param isa what the kernels run on
   * @throws org.viditq.core.error.BackendException if the native library cannot be loaded
   */
  public NativeIntegerOperators(InstructionSet isa) {
    NativeLibrary.require();
    this.isa = isa;
  }

  @Override
  public QuantizedActivations quantize(Tensor x, ActivationQuantization scheme) {
    requireOpen();
    GridGroups groups = GridGroups.of(scheme, x.shape());
    FloatPointer data = values.atLeast(x.size()).put(x.data(), 0, x.size());
    if (scheme instanceof DynamicToken dynamic
        && dynamic.smallScales() == SmallScaleRule.PER_GROUP) {
      return quantizeTokens(data, x, scheme.format());
    }
    return encode(data, x, groups, groups.calibrated().orElseGet(() -> measure(data, x, groups)));
  }

  /** The deployed form, in one pass over each row. */
  private QuantizedActivations quantizeTokens(FloatPointer data, Tensor x, IntegerFormat format) {
    int rows = x.shape().rows();
    BytePointer code = codes.atLeast(x.size());
    FloatPointer scale = scales.atLeast(rows);
    IntPointer zeroPoint = zeroPoints.atLeast(rows);
    IntPointer rowSum = sums.atLeast(rows);
    int status =
        Bridge.viditq_quantize_tokens(
            data,
            rows,
            x.dim(-1),
            format.bits(),
            flag(format.symmetric()),
            isa.code(),
            code,
            scale,
            zeroPoint,
            rowSum);
    NativeLibrary.check(status, "token quantization of " + x.shape());
    return new QuantizedActivations(
        format,
        rows,
        x.dim(-1),
        read(code, x.size()),
        read(scale, rows),
        read(zeroPoint, rows),
        read(rowSum, rows));
  }

  private AffineGrid measure(FloatPointer data, Tensor x, GridGroups groups) {
    FloatPointer lo = lows.atLeast(groups.count());
    FloatPointer hi = highs.atLeast(groups.count());
    int status =
        Bridge.viditq_measure_range(
            data, x.shape().rows(), x.dim(-1), groups.count(), isa.code(), lo, hi);
    NativeLibrary.check(status, "range measurement of " + x.shape());
    return groups.measured(
        read(lo, groups.count()), read(hi, groups.count()), "The tensor to quantize");
  }

  private QuantizedActivations encode(
      FloatPointer data, Tensor x, GridGroups groups, AffineGrid grid) {
    int rows = x.shape().rows();
    int count = groups.count();
    IntegerFormat format = grid.format();
    BytePointer code = codes.atLeast(x.size());
    IntPointer rowSum = sums.atLeast(rows);
    int status =
        Bridge.viditq_encode(
            data,
            rows,
            x.dim(-1),
            count,
            format.bits(),
            flag(format.symmetric()),
            isa.code(),
            scales.atLeast(count).put(grid.scale(), 0, count),
            zeroPoints.atLeast(count).put(grid.zeroPoint(), 0, count),
            code,
            rowSum);
    NativeLibrary.check(status, "quantization of " + x.shape());
    float[] scale = new float[rows];
    int[] zeroPoint = new int[rows];
    for (int row = 0; row < rows; row++) {
      scale[row] = grid.scale()[row % count];
      zeroPoint[row] = grid.zeroPoint()[row % count];
    }
    return new QuantizedActivations(
        format, rows, x.dim(-1), read(code, x.size()), scale, zeroPoint, read(rowSum, rows));
  }

  @Override
  public int[] accumulate(QuantizedActivations a, QuantizedWeight w) {
    try (PackedWeights packed = PackedWeights.of(w, isa)) {
      return accumulate(a, packed);
    }
  }

  /**
   * The same on weights that are packed already.
   *
   * @throws ShapeException if the inner extents differ
   */
  public int[] accumulate(QuantizedActivations a, PackedWeights w) {
    requireOpen();
    requireProduct(a, w);
    int resultSize = a.rows() * w.channels();
    IntPointer result = sums.atLeast(resultSize);
    int status =
        Bridge.viditq_multiply(
            codes.atLeast(a.codes().length).put(a.codes(), 0, a.codes().length),
            flag(a.format().symmetric()),
            a.rows(),
            a.columns(),
            w.handle(),
            result);
    NativeLibrary.check(status, "integer product");
    return read(result, resultSize);
  }

  private static void requireProduct(QuantizedActivations a, PackedWeights w) {
    String operands =
        "activations ["
            + a.rows()
            + ", "
            + a.columns()
            + "] and weight ["
            + w.channels()
            + ", "
            + w.inner()
            + "]";
    if (a.columns() != w.inner() || a.codes().length != (long) a.rows() * a.columns()) {
      throw new ShapeException("Operator accumulate cannot multiply " + operands + ".");
    }
    if ((long) a.rows() * w.channels() > Integer.MAX_VALUE - 8) {
      throw new ShapeException(
          "Operator accumulate has a result too large for a Java array on " + operands + ".");
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("The native integer operators are closed.");
    }
  }

  private static int flag(boolean value) {
    return value ? 1 : 0;
  }

  private static byte[] read(BytePointer from, int count) {
    byte[] to = new byte[count];
    from.get(to, 0, count);
    return to;
  }

  private static float[] read(FloatPointer from, int count) {
    float[] to = new float[count];
    from.get(to, 0, count);
    return to;
  }

  private static int[] read(IntPointer from, int count) {
    int[] to = new int[count];
    from.get(to, 0, count);
    return to;
  }

  /** Releases the off-heap buffers; idempotent. */
  @Override
  public void close() {
    closed = true;
    values.close();
    lows.close();
    highs.close();
    scales.close();
    zeroPoints.close();
    sums.close();
    codes.close();
  }
}
