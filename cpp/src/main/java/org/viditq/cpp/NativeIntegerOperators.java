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
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.cpp.bridge.Bridge;
import org.viditq.cpp.bridge.viditq_tokens;

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
  private final GrowingBuffer<FloatPointer> groupScales = new GrowingBuffer<>(FloatPointer::new);
  private final GrowingBuffer<IntPointer> groupZeroPoints = new GrowingBuffer<>(IntPointer::new);
  private final GrowingBuffer<FloatPointer> scales = new GrowingBuffer<>(FloatPointer::new);
  private final GrowingBuffer<IntPointer> zeroPoints = new GrowingBuffer<>(IntPointer::new);
  private final GrowingBuffer<IntPointer> sums = new GrowingBuffer<>(IntPointer::new);
  private final GrowingBuffer<BytePointer> codes = new GrowingBuffer<>(BytePointer::new);
  private final NativeContext context;
  private final boolean ownsContext;
  private final viditq_tokens tokens = new viditq_tokens();
  private boolean closed;

  /**
   * On the calling thread.
   *
   * @param isa what the kernels run on
   * @throws org.viditq.core.error.BackendException if the native library cannot be loaded
   */
  public NativeIntegerOperators(InstructionSet isa) {
    this(new NativeContext(1, isa), true);
  }

  /** On the threads of a context, which stays open. */
  NativeIntegerOperators(NativeContext context) {
    this(context, false);
  }

  private NativeIntegerOperators(NativeContext context, boolean ownsContext) {
    this.context = context;
    this.ownsContext = ownsContext;
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
    int status =
        Bridge.viditq_quantize_tokens(
            context.handle(), data, (FloatPointer) null, room(x.shape(), format));
    NativeLibrary.check(status, "token quantization of " + x.shape());
    return written(x.shape(), format);
  }

  private AffineGrid measure(FloatPointer data, Tensor x, GridGroups groups) {
    FloatPointer lo = lows.atLeast(groups.count());
    FloatPointer hi = highs.atLeast(groups.count());
    int status =
        Bridge.viditq_measure_range(
            context.handle(), data, null, x.shape().rows(), x.dim(-1), groups.count(), lo, hi);
    NativeLibrary.check(status, "range measurement of " + x.shape());
    return groups.measured(
        read(lo, groups.count()), read(hi, groups.count()), "The tensor to quantize");
  }

  private QuantizedActivations encode(
      FloatPointer data, Tensor x, GridGroups groups, AffineGrid grid) {
    int count = groups.count();
    int status =
        Bridge.viditq_quantize_groups(
            context.handle(),
            data,
            null,
            count,
            groupScales.atLeast(count).put(grid.scale(), 0, count),
            groupZeroPoints.atLeast(count).put(grid.zeroPoint(), 0, count),
            room(x.shape(), grid.format()));
    NativeLibrary.check(status, "quantization of " + x.shape());
    return written(x.shape(), grid.format());
  }

  /** Where codes of so many values are written. */
  private viditq_tokens room(Shape shape, IntegerFormat format) {
    int rows = shape.rows();
    return tokens
        .codes(codes.atLeast(shape.size()))
        .scale(scales.atLeast(rows))
        .zero_point(zeroPoints.atLeast(rows))
        .row_sum(sums.atLeast(rows))
        .rows(rows)
        .columns(shape.dim(-1))
        .bits(format.bits())
        .symmetric(flag(format.symmetric()));
  }

  /** A copy of what was written there. */
  private QuantizedActivations written(Shape shape, IntegerFormat format) {
    int rows = shape.rows();
    return new QuantizedActivations(
        format,
        rows,
        shape.dim(-1),
        read(codes.atLeast(shape.size()), shape.size()),
        read(scales.atLeast(rows), rows),
        read(zeroPoints.atLeast(rows), rows),
        read(sums.atLeast(rows), rows));
  }

  @Override
  public int[] accumulate(QuantizedActivations a, QuantizedWeight w) {
    try (PackedWeights packed = PackedWeights.of(w, context.isa())) {
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
    groupScales.close();
    groupZeroPoints.close();
    if (ownsContext) {
      context.close();
    }
    scales.close();
    zeroPoints.close();
    sums.close();
    codes.close();
  }
}
