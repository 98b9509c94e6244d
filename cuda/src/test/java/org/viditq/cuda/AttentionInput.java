package org.viditq.cuda;

import java.util.Optional;
import org.bytedeco.javacpp.FloatPointer;
import org.viditq.core.tensor.Tensor;
import org.viditq.cuda.bridge.Bridge;
import org.viditq.cuda.bridge.viditq_cuda_attention;

/** Operands of attention, float32, in memory that kernels read. */
final class AttentionInput implements AutoCloseable {
  private final FloatPointer q;
  private final FloatPointer k;
  private final FloatPointer v;
  private final Optional<FloatPointer> bias;
  private final viditq_cuda_attention operands = new viditq_cuda_attention();

  /**
   * @param q [B, N, H * D], or [N, D] of one head of one sample; k and v likewise
   * @param bias [B, H, N, S] with extents of 1 where it is the same; [N, S] of one head
   */
  AttentionInput(Tensor q, Tensor k, Tensor v, int heads, float scale, Optional<Tensor> bias) {
    this.q = new FloatPointer(q.data());
    this.k = new FloatPointer(k.data());
    this.v = new FloatPointer(v.data());
    this.bias = bias.map(values -> new FloatPointer(values.data()));
    operands.q(this.q).k(this.k).v(this.v).bias(this.bias.orElse(null));
    operands.type(Bridge.VIDITQ_CUDA_FLOAT32);
    operands.batch(q.shape().rank() == 3 ? q.dim(0) : 1);
    operands.queries(q.dim(-2)).keys(k.dim(-2)).heads(heads);
    operands.d(q.dim(-1) / heads).dv(v.dim(-1) / heads).scale(scale);
    for (int axis = 0; axis < 4; axis++) {
      int from = axis;
      int extent = bias.map(values -> extent(values, from)).orElse(1);
      operands.bias_extents(axis, extent);
    }
  }

  private static int extent(Tensor bias, int axis) {
    int missing = 4 - bias.shape().rank();
    return axis < missing ? 1 : bias.dim(axis - missing);
  }

  viditq_cuda_attention operands() {
    return operands;
  }

  @Override
  public void close() {
    operands.close();
    q.close();
    k.close();
    v.close();
    bias.ifPresent(FloatPointer::close);
  }
}
