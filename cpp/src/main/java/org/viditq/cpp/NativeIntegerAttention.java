package org.viditq.cpp;

import java.util.Optional;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.operators.IntegerAttention;
import org.viditq.core.operators.ResultShapes;
import org.viditq.core.tensor.Tensor;
import org.viditq.cpp.bridge.Bridge;
import org.viditq.cpp.bridge.viditq_attention_codes;
import org.viditq.cpp.bridge.viditq_attention_operands;

/** The integer half of attention on the C++ kernels; to the bit what the reference computes. */
public final class NativeIntegerAttention implements IntegerAttention, AutoCloseable {
  private final NativeContext context;

  /**
   * On the calling thread.
   *
   * @param isa what the kernels run on
   * @throws org.viditq.core.error.BackendException if the native library cannot be loaded
   */
  public NativeIntegerAttention(InstructionSet isa) {
    this.context = new NativeContext(1, isa);
  }

  @Override
  public Codes attend(Tensor q, Tensor k, Tensor v, float scale, Optional<Tensor> bias) {
    ResultShapes.integerAttention(q.shape(), k.shape(), v.shape(), bias.map(Tensor::shape));
    int queries = q.dim(0);
    int keys = k.dim(0);
    int d = q.dim(1);
    int dv = v.dim(1);
    int block = AttentionPrecision.KEYS_PER_BLOCK;
    int blocks = (keys + block - 1) / block;
    Codes codes =
        new Codes(
            new byte[q.size()],
            new float[queries],
            new byte[k.size()],
            new float[keys],
            new int[queries * keys],
            new byte[queries * keys],
            new byte[v.size()],
            new float[blocks * dv],
            new int[blocks * queries * dv],
            Tensor.zeros(queries, dv));
    try (PointerScope scope = new PointerScope()) {
      BytePointer queryCodes = new BytePointer(codes.q().length);
      FloatPointer queryScale = new FloatPointer(queries);
      BytePointer keyCodes = new BytePointer(codes.k().length);
      FloatPointer keyScale = new FloatPointer(keys);
      IntPointer scores = new IntPointer(codes.scores().length);
      BytePointer weights = new BytePointer(codes.weights().length);
      BytePointer valueCodes = new BytePointer(codes.v().length);
      FloatPointer valueScale = new FloatPointer(codes.valueScale().length);
      IntPointer sums = new IntPointer(codes.sums().length);
      FloatPointer result = new FloatPointer(codes.result().size());
      viditq_attention_operands operands =
          new viditq_attention_operands()
              .q(new FloatPointer(q.data()))
              .k(new FloatPointer(k.data()))
              .v(new FloatPointer(v.data()))
              .batch(1)
              .queries(queries)
              .heads(1)
              .d(d)
              .dv(dv)
              .key_starts(new LongPointer(0, keys))
              .scale(scale)
              .bias(bias.map(b -> new FloatPointer(b.data())).orElse(null))
              .bias_dims(0, 1)
              .bias_dims(1, 1)
              .bias_dims(2, queries)
              .bias_dims(3, keys)
              .precision(Bridge.VIDITQ_ATTENTION_INT8);
      int status =
          Bridge.viditq_attention_integers(
              context.handle(),
              operands,
              new viditq_attention_codes()
                  .q(queryCodes)
                  .q_scale(queryScale)
                  .k(keyCodes)
                  .k_scale(keyScale)
                  .scores(scores)
                  .p(weights)
                  .v(valueCodes)
                  .v_scale(valueScale)
                  .sums(sums),
              result);
      NativeLibrary.check(status, "attention in int8 of " + q.shape() + " to " + k.shape());
      queryCodes.get(codes.q());
      queryScale.get(codes.queryScale());
      keyCodes.get(codes.k());
      keyScale.get(codes.keyScale());
      scores.get(codes.scores());
      weights.get(codes.weights());
      valueCodes.get(codes.v());
      valueScale.get(codes.valueScale());
      sums.get(codes.sums());
      result.get(codes.result().data());
    }
    return codes;
  }

  /** Idempotent. */
  @Override
  public void close() {
    context.close();
  }
}
