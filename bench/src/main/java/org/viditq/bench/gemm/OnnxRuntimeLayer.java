package org.viditq.bench.gemm;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;
import org.viditq.core.error.BackendException;
import org.viditq.core.tensor.Tensor;

/** The dynamic 8-bit product of ONNX Runtime. */
final class OnnxRuntimeLayer implements Contender {
  private final OrtSession session;
  private final OnnxTensor x;

  OnnxRuntimeLayer(Operands operands, int threads) {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    GemmShape shape = operands.shape();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      session = environment.createSession(model(operands), options);
      x =
          OnnxTensor.createTensor(
              environment, direct(operands.x()), new long[] {shape.rows(), shape.inner()});
    } catch (OrtException e) {
      throw new BackendException("ONNX Runtime cannot prepare the product of " + shape + ".", e);
    }
  }

  /** Symmetric weights, a scale per channel. */
  private static byte[] model(Operands operands) {
    GemmShape shape = operands.shape();
    float[] weight = operands.weight().data();
    byte[] codes = new byte[weight.length];
    float[] scale = new float[shape.channels()];
    for (int n = 0; n < shape.channels(); n++) {
      float largest = 0;
      for (int k = 0; k < shape.inner(); k++) {
        largest = Math.max(largest, Math.abs(weight[n * shape.inner() + k]));
      }
      scale[n] = largest / 127;
      for (int k = 0; k < shape.inner(); k++) {
        codes[k * shape.channels() + n] =
            (byte) Math.round(weight[n * shape.inner() + k] / scale[n]);
      }
    }
    return OnnxModel.dynamicQuantizeMatMul(shape, codes, scale, operands.bias().data());
  }

  private static FloatBuffer direct(Tensor x) {
    FloatBuffer buffer =
        ByteBuffer.allocateDirect(x.size() * Float.BYTES)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    return buffer.put(x.data()).rewind();
  }

  @Override
  public String name() {
    return "onnxruntime-dynamic-int8";
  }

  /** The product, [rows, channels]; for tests. */
  float[] product() {
    try (OrtSession.Result result = session.run(Map.of("x", x))) {
      FloatBuffer buffer = ((OnnxTensor) result.get(0)).getFloatBuffer();
      float[] values = new float[buffer.remaining()];
      buffer.get(values);
      return values;
    } catch (OrtException e) {
      throw new BackendException("ONNX Runtime cannot compute the product.", e);
    }
  }

  @Override
  public void run() {
    try (OrtSession.Result result = session.run(Map.of("x", x))) {
      result.get(0);
    } catch (OrtException e) {
      throw new BackendException("ONNX Runtime cannot compute the product.", e);
    }
  }

  @Override
  public void close() {
    x.close();
    try {
      session.close();
    } catch (OrtException e) {
      throw new BackendException("ONNX Runtime cannot release the product.", e);
    }
  }
}
