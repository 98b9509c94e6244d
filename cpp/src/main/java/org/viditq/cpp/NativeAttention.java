package org.viditq.cpp;

import java.util.Optional;
import org.bytedeco.javacpp.LongPointer;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.tensor.Shape;
import org.viditq.cpp.bridge.Bridge;
import org.viditq.cpp.bridge.viditq_attention_operands;

/** Multi-head attention, padded and packed. */
final class NativeAttention {
  private final NativeContext context;
  private final NativeMemory memory;
  // Of one call at a time; to allocate it anew would take as long as a small call.
  private final viditq_attention_operands operands = new viditq_attention_operands();

  NativeAttention(NativeContext context, NativeMemory memory) {
    this.context = context;
    this.memory = memory;
  }

  NativeTensor attention(
      NativeTensor q,
      NativeTensor k,
      NativeTensor v,
      int heads,
      float scale,
      Optional<NativeTensor> bias,
      AttentionPrecision precision) {
    Shape shape =
        ResultShapes.attention(
            q.shape(), k.shape(), v.shape(), heads, bias.map(NativeTensor::shape));
    NativeTensor out = memory.allocate(shape);
    compute(q, k, v, heads, scale, bias, precision, keyStarts(k.shape()), out);
    return out;
  }

  /** Attention without bias, written to {@code out}; operands have been checked. */
  void compute(
      NativeTensor q,
      NativeTensor k,
      NativeTensor v,
      int heads,
      float scale,
      AttentionPrecision precision,
      NativeTensor out) {
    compute(q, k, v, heads, scale, Optional.empty(), precision, keyStarts(k.shape()), out);
  }

  /** The C interface's number of a precision. */
  static int code(AttentionPrecision precision) {
    return switch (precision) {
      case FP32 -> Bridge.VIDITQ_ATTENTION_FP32;
      case BF16 -> Bridge.VIDITQ_ATTENTION_BF16;
      case INT8 -> Bridge.VIDITQ_ATTENTION_INT8;
    };
  }

  private static long[] keyStarts(Shape k) {
    long[] keyStarts = new long[k.dim(0) + 1];
    for (int sample = 0; sample < k.dim(0); sample++) {
      keyStarts[sample + 1] = keyStarts[sample] + k.dim(1);
    }
    return keyStarts;
  }

  NativeTensor attentionPacked(
      NativeTensor q,
      NativeTensor k,
      NativeTensor v,
      int heads,
      float scale,
      int[] lengths,
      AttentionPrecision precision) {
    Shape shape = ResultShapes.attentionPacked(q.shape(), k.shape(), v.shape(), heads, lengths);
    long[] keyStarts = new long[lengths.length + 1];
    for (int sample = 0; sample < lengths.length; sample++) {
      keyStarts[sample + 1] = keyStarts[sample] + lengths[sample];
    }
    NativeTensor out = memory.allocate(shape);
    compute(q, k, v, heads, scale, Optional.empty(), precision, keyStarts, out);
    return out;
  }

  private void compute(
      NativeTensor q,
      NativeTensor k,
      NativeTensor v,
      int heads,
      float scale,
      Optional<NativeTensor> bias,
      AttentionPrecision precision,
      long[] keyStarts,
      NativeTensor out) {
    Shape shape = out.shape();
    precision.requireHead(q.shape().dim(2) / heads);
    if (shape.size() == 0) {
      return;
    }
    for (int axis = 0; axis < 4; axis++) {
      operands.bias_dims(axis, bias.isPresent() ? bias.get().shape().dim(axis) : 0);
    }
    try (LongPointer starts = new LongPointer(keyStarts)) {
      int status =
          Bridge.viditq_attention(
              context.handle(),
              operands
                  .q(q.data())
                  .k(k.data())
                  .v(v.data())
                  .batch(shape.dim(0))
                  .queries(shape.dim(1))
                  .heads(heads)
                  .d(q.shape().dim(2) / heads)
                  .dv(v.shape().dim(2) / heads)
                  .key_starts(starts)
                  .scale(scale)
                  .precision(code(precision))
                  .bias(bias.map(NativeTensor::data).orElse(null)),
              out.data());
      NativeLibrary.check(status, "attention of " + q.shape() + " to " + k.shape());
    }
  }
}
