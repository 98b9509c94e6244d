package org.viditq.cpp;

import java.util.Optional;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.tensor.Shape;
import org.viditq.cpp.bridge.Bridge;

/** Multi-head attention, padded and packed. */
final class NativeAttention {
  private final NativeContext context;
  private final NativeMemory memory;

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
      Optional<NativeTensor> bias) {
    Shape shape =
        ResultShapes.attention(
            q.shape(), k.shape(), v.shape(), heads, bias.map(NativeTensor::shape));
    NativeTensor out = memory.allocate(shape);
    compute(q, k, v, heads, scale, bias, keyStarts(k.shape()), out);
    return out;
  }

  /** Attention without bias, written to {@code out}; operands have been checked. */
  void compute(
      NativeTensor q, NativeTensor k, NativeTensor v, int heads, float scale, NativeTensor out) {
    compute(q, k, v, heads, scale, Optional.empty(), keyStarts(k.shape()), out);
  }

  private static long[] keyStarts(Shape k) {
    long[] keyStarts = new long[k.dim(0) + 1];
    for (int sample = 0; sample < k.dim(0); sample++) {
      keyStarts[sample + 1] = keyStarts[sample] + k.dim(1);
    }
    return keyStarts;
  }

  NativeTensor attentionPacked(
      NativeTensor q, NativeTensor k, NativeTensor v, int heads, float scale, int[] lengths) {
    Shape shape = ResultShapes.attentionPacked(q.shape(), k.shape(), v.shape(), heads, lengths);
    long[] keyStarts = new long[lengths.length + 1];
    for (int sample = 0; sample < lengths.length; sample++) {
      keyStarts[sample + 1] = keyStarts[sample] + lengths[sample];
    }
    NativeTensor out = memory.allocate(shape);
    compute(q, k, v, heads, scale, Optional.empty(), keyStarts, out);
    return out;
  }

  private void compute(
      NativeTensor q,
      NativeTensor k,
      NativeTensor v,
      int heads,
      float scale,
      Optional<NativeTensor> bias,
      long[] keyStarts,
      NativeTensor out) {
    Shape shape = out.shape();
    if (shape.size() == 0) {
      return;
    }
    FloatPointer biasData = bias.map(NativeTensor::data).orElse(null);
    long[] biasDims = bias.map(b -> Steps.dims(b.shape())).orElse(new long[4]);
    try (LongPointer starts = new LongPointer(keyStarts);
        LongPointer dims = new LongPointer(biasDims)) {
      int status =
          Bridge.viditq_attention(
              context.handle(),
              q.data(),
              k.data(),
              v.data(),
              shape.dim(0),
              shape.dim(1),
              heads,
              q.shape().dim(2) / heads,
              v.shape().dim(2) / heads,
              starts,
              scale,
              biasData,
              dims,
              out.data());
      NativeLibrary.check(status, "attention of " + q.shape() + " to " + k.shape());
    }
  }
}
