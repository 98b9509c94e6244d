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
import org.viditq.cpp.bridge.viditq_epilogue;
import org.viditq.cpp.bridge.viditq_modulation;
import org.viditq.cpp.bridge.viditq_tokens;
import org.viditq.cpp.bridge.viditq_weight_codes;
import org.viditq.cpp.bridge.viditq_weights;

/**
 * The steps of a quantized layer behind LayerNorm and modulation, each by itself on the kernels, so
 * that what quantization adds shows: the operators of a backend only run them together.
 */
final class QuantizationSteps implements AutoCloseable {
  private static final float EPS = 1e-6f;

  private final String suffix;
  private final List<Pointer> buffers = new ArrayList<>();
  private final viditq_context context;
  private final viditq_weights weights;
  private final FloatPointer balance;
  private final FloatPointer normed;
  private final viditq_modulation modulation;
  private final viditq_tokens tokens;
  private final viditq_epilogue epilogue;
  private final FloatPointer out;

  /** Rows of normally distributed values, 8-bit weights. */
  QuantizationSteps(GemmShape shape, InstructionSet isa, int threads) {
    this.suffix = "-" + isa;
    int inner = shape.inner();
    int channels = shape.channels();
    long values = (long) shape.rows() * inner;
    Random random = new Random(1);
    try (PointerPointer<viditq_context> handle = new PointerPointer<>(1)) {
      check(Bridge.viditq_open(threads, isa.code(), handle));
      context = handle.get(viditq_context.class, 0);
    }
    modulation =
        keep(new viditq_modulation())
            .x(normal(random, values, 0, 1))
            .batch(1)
            .tokens(shape.rows())
            .channels(inner)
            .shift(normal(random, inner, 0, 1))
            .shift_batch(1)
            .scale(normal(random, inner, 0, 0.3))
            .scale_batch(1)
            .eps(EPS);
    balance = keep(new FloatPointer(inner));
    for (int c = 0; c < inner; c++) {
      balance.put(c, (float) Math.exp(random.nextGaussian()));
    }
    normed = keep(new FloatPointer(values));
    tokens =
        keep(new viditq_tokens())
            .codes(keep(new BytePointer(values)))
            .scale(keep(new FloatPointer(shape.rows())))
            .zero_point(keep(new IntPointer((long) shape.rows())))
            .row_sum(keep(new IntPointer((long) shape.rows())))
            .rows(shape.rows())
            .columns(inner)
            .bits(8)
            .symmetric(0);
    epilogue =
        keep(new viditq_epilogue())
            .bias(null)
            .activation(Bridge.VIDITQ_NO_ACTIVATION)
            .gate(null)
            .residual(null);
    FloatPointer weightScale = normal(random, channels, 0.01, 0.001);
    IntPointer weightZeroPoint = keep(new IntPointer((long) channels));
    for (int n = 0; n < channels; n++) {
      weightZeroPoint.put(n, 128);
    }
    out = keep(new FloatPointer((long) shape.rows() * channels));
    byte[] weightCodes = new byte[Math.multiplyExact(channels, inner)];
    random.nextBytes(weightCodes);
    try (PointerPointer<viditq_weights> handle = new PointerPointer<>(1);
        BytePointer unpacked = new BytePointer(weightCodes);
        viditq_weight_codes stored = new viditq_weight_codes()) {
      stored
          .stored(unpacked)
          .layout(Bridge.VIDITQ_UNSIGNED_BYTES)
          .offset(0)
          .channels(channels)
          .inner(inner)
          .scale(weightScale)
          .zero_point(weightZeroPoint);
      check(Bridge.viditq_pack_weights(stored, isa.code(), handle));
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
        new Step("norm-balance-quantize" + suffix, () -> quantize(balance)),
        new Step("norm-quantize" + suffix, () -> quantize(null)),
        new Step("product" + suffix, this::multiply));
  }

  /** LayerNorm and modulation to float32. */
  private void normalize() {
    check(Bridge.viditq_layer_norm_modulate(context, modulation, normed));
  }

  /** The same to codes. */
  private void quantize(FloatPointer balance) {
    check(Bridge.viditq_layer_norm_modulate_quantize(context, modulation, balance, tokens));
  }

  /** Codes to float32. */
  private void multiply() {
    check(Bridge.viditq_quantized_linear(context, weights, tokens, epilogue, out));
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
