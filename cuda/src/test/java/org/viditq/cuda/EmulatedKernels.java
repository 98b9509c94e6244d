package org.viditq.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Loader;
import org.viditq.core.operators.IntegerAttention;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.HadamardMatrix;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedActivations;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.Rotation;
import org.viditq.core.tensor.Tensor;
import org.viditq.cuda.bridge.Bridge;
import org.viditq.cuda.bridge.viditq_cuda_attention_codes;
import org.viditq.cuda.bridge.viditq_cuda_epilogue;
import org.viditq.cuda.bridge.viditq_cuda_quantizer;
import org.viditq.cuda.bridge.viditq_cuda_rotation;
import org.viditq.cuda.bridge.viditq_cuda_weights;

/** Calls the kernels on float32 tensors in host memory, and insists that each call succeeds. */
final class EmulatedKernels {
  static {
    Loader.load(Bridge.class);
  }

  private EmulatedKernels() {}

  static QuantizedActivations quantize(Tensor x, IntegerFormat format) {
    try (FloatPointer values = new FloatPointer(x.data());
        EmulatedTokens out = tokens(x, format)) {
      check(
          Bridge.viditq_cuda_quantize(
              quantizer(x, values, format), out.view(), Bridge.VIDITQ_CUDA_FAST, null));
      assertThat(out.finite()).isTrue();
      return out.read();
    }
  }

  static QuantizedActivations geluQuantize(Tensor x, IntegerFormat format) {
    try (FloatPointer values = new FloatPointer(x.data());
        EmulatedTokens out = tokens(x, format)) {
      check(
          Bridge.viditq_cuda_gelu_quantize(
              quantizer(x, values, format), out.view(), Bridge.VIDITQ_CUDA_FAST, null));
      return out.read();
    }
  }

  /** x rotated, signs included. */
  static QuantizedActivations rotateQuantize(
      Tensor x, Rotation rotation, IntegerFormat format, int kernel) {
    int columns = x.dim(-1);
    int base = rotation.base();
    try (FloatPointer values = new FloatPointer(x.data());
        FloatPointer signs = new FloatPointer(rotation.signs(columns));
        BytePointer matrix = new BytePointer(entries(base));
        EmulatedTokens out = tokens(x, format)) {
      viditq_cuda_rotation operand = new viditq_cuda_rotation();
      operand.block(rotation.block());
      operand.base(base);
      operand.matrix(base == 1 ? null : matrix);
      operand.regular(rotation.kind() == Rotation.Kind.REGULAR ? 1 : 0);
      viditq_cuda_quantizer in = quantizer(x, values, format);
      in.balance(signs);
      check(Bridge.viditq_cuda_hadamard_quantize(in, operand, out.view(), kernel, null));
      assertThat(out.finite()).isTrue();
      return out.read();
    }
  }

  /** The naive kernel on one head, and the integers that it writes down. */
  static IntegerAttention.Codes attention(
      Tensor q, Tensor k, Tensor v, float scale, Optional<Tensor> bias) {
    int queries = q.dim(0);
    int keys = k.dim(0);
    int d = q.dim(1);
    int dv = v.dim(1);
    int blocks =
        (keys + Bridge.VIDITQ_CUDA_ATTENTION_BLOCK - 1) / Bridge.VIDITQ_CUDA_ATTENTION_BLOCK;
    IntegerAttention.Codes codes =
        new IntegerAttention.Codes(
            new byte[queries * d],
            new float[queries],
            new byte[keys * d],
            new float[keys],
            new int[queries * keys],
            new byte[queries * keys],
            new byte[keys * dv],
            new float[blocks * dv],
            new int[blocks * queries * dv],
            Tensor.zeros(queries, dv));
    try (AttentionInput input = new AttentionInput(q, k, v, 1, scale, bias);
        BytePointer qCodes = new BytePointer((long) queries * d);
        FloatPointer qScale = new FloatPointer(queries);
        BytePointer kCodes = new BytePointer((long) keys * d);
        FloatPointer kScale = new FloatPointer(keys);
        IntPointer scores = new IntPointer((long) queries * keys);
        BytePointer weights = new BytePointer((long) queries * keys);
        BytePointer vCodes = new BytePointer((long) keys * dv);
        FloatPointer vScale = new FloatPointer((long) blocks * dv);
        IntPointer sums = new IntPointer((long) blocks * queries * dv);
        FloatPointer out = new FloatPointer((long) queries * dv);
        viditq_cuda_attention_codes written = new viditq_cuda_attention_codes()) {
      written.q(qCodes).q_scale(qScale).k(kCodes).k_scale(kScale).scores(scores).p(weights);
      written.v(vCodes).v_scale(vScale).sums(sums);
      check(Bridge.viditq_cuda_attention_integers(input.operands(), written, out, null));
      qCodes.get(codes.q());
      qScale.get(codes.queryScale());
      kCodes.get(codes.k());
      kScale.get(codes.keyScale());
      scores.get(codes.scores());
      weights.get(codes.weights());
      vCodes.get(codes.v());
      vScale.get(codes.valueScale());
      sums.get(codes.sums());
      out.get(codes.result().data());
    }
    return codes;
  }

  /** The fast kernel on q [B, N, H * D], k and v [B, S, H * D]. */
  static Tensor attention(
      Tensor q, Tensor k, Tensor v, int heads, float scale, Optional<Tensor> bias) {
    Tensor result = Tensor.zeros(q.shape().toArray());
    try (AttentionInput input = new AttentionInput(q, k, v, heads, scale, bias);
        BytePointer workspace =
            new BytePointer(Bridge.viditq_cuda_attention_workspace(input.operands()));
        FloatPointer out = new FloatPointer(result.size())) {
      check(
          Bridge.viditq_cuda_attention_int8(
              input.operands(), workspace, out, Bridge.VIDITQ_CUDA_FAST, null));
      out.get(result.data());
    }
    return result;
  }

  private static byte[] entries(int order) {
    byte[] entries = new byte[order * order];
    int[][] matrix = HadamardMatrix.of(order);
    for (int i = 0; i < entries.length; i++) {
      entries[i] = (byte) matrix[i / order][i % order];
    }
    return entries;
  }

  /** shift and scale [B, 1, C] for x [B, N, C]. */
  static QuantizedActivations normModulateQuantize(
      Tensor x, Tensor shift, Tensor scale, float epsilon, IntegerFormat format) {
    try (FloatPointer values = new FloatPointer(x.data());
        FloatPointer shifts = new FloatPointer(shift.data());
        FloatPointer scales = new FloatPointer(scale.data());
        EmulatedTokens out = tokens(x, format)) {
      check(
          Bridge.viditq_cuda_norm_modulate_quantize(
              quantizer(x, values, format),
              shifts,
              scales,
              shift.dim(0),
              epsilon,
              out.view(),
              Bridge.VIDITQ_CUDA_FAST,
              null));
      return out.read();
    }
  }

  /**
   * The quantized layer with GELU or not, gate [B, 1, out] and residual or neither.
   *
   * @param active which of the weight sets the device-side index chooses
   * @param storageBits how the weights are stored: 4 or 8
   * @param kernel a tile shape
   */
  static Tensor linear(
      Tensor x,
      IntegerFormat format,
      List<WeightSet> sets,
      int active,
      int storageBits,
      Tensor bias,
      boolean gelu,
      Tensor gate,
      Tensor residual,
      int kernel) {
    int rows = x.shape().rows();
    int inner = x.dim(-1);
    int channels = sets.get(0).weight().codes().rows();
    long setBytes = Bridge.viditq_cuda_packed_bytes(channels, inner, storageBits);
    try (FloatPointer values = new FloatPointer(x.data());
        EmulatedTokens codes = tokens(x, format);
        BytePointer packed = new BytePointer(setBytes * sets.size());
        FloatPointer scale = new FloatPointer((long) channels * sets.size());
        IntPointer zeroPoint = new IntPointer((long) channels * sets.size());
        IntPointer centeredSum = new IntPointer((long) channels * sets.size());
        IntPointer activeSet = new IntPointer(1).put(active);
        FloatPointer biases = new FloatPointer(bias.data());
        FloatPointer gates = gate == null ? null : new FloatPointer(gate.data());
        FloatPointer residuals = residual == null ? null : new FloatPointer(residual.data());
        FloatPointer out = new FloatPointer((long) rows * channels)) {
      check(
          Bridge.viditq_cuda_quantize(
              quantizer(x, values, format), codes.view(), Bridge.VIDITQ_CUDA_FAST, null));
      for (int set = 0; set < sets.size(); set++) {
        QuantizedWeight weight = sets.get(set).weight();
        long first = (long) set * channels;
        scale.position(first).put(weight.grid().scale());
        zeroPoint.position(first).put(weight.grid().zeroPoint());
        try (BytePointer dense = new BytePointer(denseCodes(weight))) {
          check(
              Bridge.viditq_cuda_pack_weights(
                  dense,
                  weight.grid().format().symmetric() ? 1 : 0,
                  channels,
                  inner,
                  storageBits,
                  packed.position(set * setBytes),
                  zeroPoint,
                  centeredSum.position(first)));
        }
      }
      viditq_cuda_weights weights = new viditq_cuda_weights();
      weights.codes(packed.position(0));
      weights.scale(scale.position(0));
      weights.zero_point(zeroPoint.position(0));
      weights.centered_sum(centeredSum.position(0));
      weights.bits(storageBits);
      weights.sets(sets.size());
      weights.active_set(activeSet);
      viditq_cuda_epilogue epilogue = new viditq_cuda_epilogue();
      epilogue.bias(biases);
      epilogue.activation(
          gelu ? Bridge.VIDITQ_CUDA_ACTIVATION_GELU_TANH : Bridge.VIDITQ_CUDA_ACTIVATION_NONE);
      epilogue.gate(gates);
      epilogue.rows_per_gate(gate == null ? 0 : rows / gate.dim(0));
      epilogue.residual(residuals);
      check(
          Bridge.viditq_cuda_linear(
              codes.view(),
              format.symmetric() ? 1 : 0,
              weights,
              epilogue,
              rows,
              channels,
              inner,
              out,
              Bridge.VIDITQ_CUDA_FLOAT32,
              kernel,
              null));
      int[] dims = x.shape().toArray();
      dims[dims.length - 1] = channels;
      Tensor result = Tensor.zeros(dims);
      out.get(result.data());
      return result;
    }
  }

  private static byte[] denseCodes(QuantizedWeight weight) {
    int columns = weight.codes().columns();
    byte[] dense = new byte[weight.codes().rows() * columns];
    for (int row = 0; row < weight.codes().rows(); row++) {
      weight.codes().copyRow(row, dense, row * columns);
    }
    return dense;
  }

  private static EmulatedTokens tokens(Tensor x, IntegerFormat format) {
    return new EmulatedTokens(format, x.shape().rows(), x.dim(-1));
  }

  private static viditq_cuda_quantizer quantizer(
      Tensor x, FloatPointer values, IntegerFormat format) {
    viditq_cuda_quantizer in = new viditq_cuda_quantizer();
    in.x(values);
    in.type(Bridge.VIDITQ_CUDA_FLOAT32);
    in.rows(x.shape().rows());
    in.columns(x.dim(-1));
    in.bits(format.bits());
    in.symmetric(format.symmetric() ? 1 : 0);
    in.balance(null);
    in.sets(1);
    in.active_set(null);
    return in;
  }

  private static void check(int status) {
    assertThat(status)
        .as(Bridge.viditq_cuda_status_message(status).getString())
        .isEqualTo(Bridge.VIDITQ_CUDA_OK);
  }
}
