package org.viditq.tests.triton;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnxruntime.OperatorLibrary;

/** A graph in ONNX Runtime, with our operators on the CPU kernels. */
final class GraphSession implements AutoCloseable {
  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;

  GraphSession(Path model) throws OrtException {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      options.setIntraOpNumThreads(2);
      options.registerCustomOpLibrary(OperatorLibrary.NATIVE.path().toString());
      session = environment.createSession(model.toString(), options);
    }
  }

  Set<String> inputs() {
    return session.getInputNames();
  }

  /**
   * @param inputs by name; whole numbers where the graph takes integers
   */
  Map<String, Tensor> run(Map<String, Tensor> inputs) throws OrtException {
    Map<String, OnnxTensor> fed = new LinkedHashMap<>();
    try {
      for (Map.Entry<String, Tensor> input : inputs.entrySet()) {
        fed.put(input.getKey(), feed(input.getKey(), input.getValue()));
      }
      Map<String, Tensor> outputs = new LinkedHashMap<>();
      try (OrtSession.Result result = session.run(fed)) {
        result.forEach(entry -> outputs.put(entry.getKey(), read((OnnxTensor) entry.getValue())));
      }
      return outputs;
    } finally {
      fed.values().forEach(OnnxTensor::close);
    }
  }

  private OnnxTensor feed(String name, Tensor tensor) throws OrtException {
    long[] dims = Arrays.stream(tensor.shape().toArray()).asLongStream().toArray();
    TensorInfo info = (TensorInfo) session.getInputInfo().get(name).getInfo();
    if (info.type == OnnxJavaType.INT32) {
      int[] values = new int[tensor.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (int) tensor.data()[i];
      }
      return OnnxTensor.createTensor(environment, IntBuffer.wrap(values), dims);
    }
    return OnnxTensor.createTensor(environment, FloatBuffer.wrap(tensor.data()), dims);
  }

  private static Tensor read(OnnxTensor result) {
    FloatBuffer buffer = result.getFloatBuffer();
    float[] values = new float[buffer.remaining()];
    buffer.get(values);
    return Tensor.of(
        Shape.of(Arrays.stream(result.getInfo().getShape()).mapToInt(Math::toIntExact).toArray()),
        values);
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }
}
