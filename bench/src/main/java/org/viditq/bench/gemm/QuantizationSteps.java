package org.viditq.bench.gemm;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.viditq.cpp.InstructionSet;
import org.viditq.cpp.bridge.Bridge;
import org.viditq.cpp.bridge.viditq_context;
import org.viditq.cpp.bridge.viditq_weights;

/**
 * The steps of a quantized layer behind LayerNorm and modulation, each by itself on the kernels, so
 * that what quantization adds shows: the operators of a backend only run them together.
 */
final class QuantizationSteps implements AutoCloseable {
  private static final float EPS = 1e-6f;

  private final GemmShape shape;
  private final String suffix;
  private final List<Pointer> buffers = new ArrayList<>();
  private final viditq_context context;
  private final viditq_weights weights;
  private final FloatPointer x;
  private final FloatPointer shift;
  private final FloatPointer scale;
  private final FloatPointer divisor;
  private final FloatPointer normed;
  private final BytePointer codes;
  private final FloatPointer rowScale;
  private final IntPointer zeroPoint;
  private final IntPointer rowSum;
  private final FloatPointer out;

  /** Rows of normally distributed values, 8-bit weights. */
  QuantizationSteps(GemmShape shape, InstructionSet isa, int threads) {
    this.shape = shape;
    this.suffix = "-" + isa;
    int inner = shape.inner();
    int channels = shape.channels();
    long values = (long) shape.rows() * inner;
    Random random = new Random(1);
    try (PointerPointer<viditq_context> handle = new PointerPointer<>(1)) {
      check(Bridge.viditq_open(threads, isa.code(), handle));
      context = handle.get(viditq_context.class, 0);
    }
    x = normal(random, values, 0, 1);
    shift = normal(random, inner, 0, 1);
    scale = normal(random, inner, 0, 0.3);
    divisor = keep(new FloatPointer(inner));
    for (int c = 0; c < inner; c++) {
      divisor.put(c, (float) Math.exp(random.nextGaussian()));
    }
    normed = keep(new FloatPointer(values));
    codes = keep(new BytePointer(values));
    rowScale = keep(new FloatPointer(shape.rows()));
    zeroPoint = keep(new IntPointer((long) shape.rows()));
    rowSum = keep(new IntPointer((long) shape.rows()));
    FloatPointer weightScale = normal(random, channels, 0.01, 0.001);
    IntPointer weightZeroPoint = keep(new IntPointer((long) channels));
    for (int n = 0; n < channels; n++) {
      weightZeroPoint.put(n, 128);
    }
    out = keep(new FloatPointer((long) shape.rows() * channels));
    byte[] weightCodes = new byte[Math.multiplyExact(channels, inner)];
    random.nextBytes(weightCodes);
    try (PointerPointer<viditq_weights> handle = new PointerPointer<>(1);
        BytePointer unpacked = new BytePointer(weightCodes)) {
      check(
          Bridge.viditq_pack_weights(
              unpacked, 0, channels, inner, weightScale, weightZeroPoint, isa.code(), handle));
      weights = handle.get(viditq_weights.class, 0);
    }
  }

  private <P extends Pointer> P keep(P buffer) {
    buffers.add(buffer);
    return buffer;
  }

  private FloatPointer normal(Random random, long count, double mean, double deviation) {
    FloatPointer values = keep(new FloatPointer(count));
    for (long i = 0; i < count; i++) {
      values.put(i, (float) (mean + deviation * random.nextGaussian()));
    }
    return values;
  }

  private static void check(int status) {
    if (status != Bridge.VIDITQ_OK) {
      throw new IllegalStateException(Bridge.viditq_status_message(status).getString());
    }
  }

  /** The product needs the codes that the other steps leave behind: it comes after them. */
  List<Contender> steps() {
    return List.of(
        new Step("norm" + suffix, this::normalize),
        new Step("norm-balance-quantize" + suffix, () -> quantize(divisor)),
        new Step("norm-quantize" + suffix, () -> quantize(null)),
        new Step("product" + suffix, this::multiply));
  }

  /** LayerNorm and modulation to float32. */
  private void normalize() {
    check(
        Bridge.viditq_layer_norm_modulate(
            context, x, 1, shape.rows(), shape.inner(), shift, 1, scale, 1, EPS, normed));
  }

  /** The same to codes. */
  private void quantize(FloatPointer balance) {
    check(
        Bridge.viditq_layer_norm_modulate_quantize(
            context,
            x,
            1,
            shape.rows(),
            shape.inner(),
            shift,
            1,
            scale,
            1,
            EPS,
            balance,
            8,
            0,
            codes,
            rowScale,
            zeroPoint,
            rowSum));
  }

  /** Codes to float32. */
  private void multiply() {
    check(
        Bridge.viditq_quantized_linear(
            context,
            weights,
            codes,
            0,
            shape.rows(),
            shape.inner(),
            rowScale,
            zeroPoint,
            rowSum,
            null,
            Bridge.VIDITQ_NO_ACTIVATION,
            null,
            0,
            null,
            out));
  }

  private record Step(String name, Runnable work) implements Contender {
    @Override
    public void run() {
      work.run();
    }

    @Override
    public void close() {}
  }

  @Override
  public void close() {
    Bridge.viditq_free_weights(weights);
    Bridge.viditq_close(context);
    buffers.forEach(Pointer::deallocate);
  }
}
