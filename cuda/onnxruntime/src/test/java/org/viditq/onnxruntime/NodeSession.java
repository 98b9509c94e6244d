package org.viditq.onnxruntime;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** A model in ONNX Runtime with one of the operator libraries. */
final class NodeSession implements AutoCloseable {
  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;

  NodeSession(OperatorLibrary library, NodeModel model) throws OrtException {
    this(library, model.toBytes(), Map.of());
  }

  /**
   * @param config entries of the session's configuration
   */
  NodeSession(OperatorLibrary library, byte[] model, Map<String, String> config)
      throws OrtException {
    // The library outlives the options that it was loaded with.
    try (SessionOptions options = new SessionOptions()) {
      for (Map.Entry<String, String> entry : config.entrySet()) {
        options.addConfigEntry(entry.getKey(), entry.getValue());
      }
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      options.registerCustomOpLibrary(library.path().toString());
      session = environment.createSession(model, options);
    }
  }

  /** All outputs by name. */
  Map<String, Operand> run(Map<String, Operand> inputs) throws OrtException {
    Map<String, OnnxTensor> fed = new HashMap<>();
    try {
      for (Map.Entry<String, Operand> input : inputs.entrySet()) {
        fed.put(input.getKey(), tensor(input.getValue()));
      }
      Map<String, Operand> outputs = new LinkedHashMap<>();
      try (OrtSession.Result result = session.run(fed)) {
        result.forEach(
            entry -> outputs.put(entry.getKey(), operand((OnnxTensor) entry.getValue())));
      }
      return outputs;
    } finally {
      fed.values().forEach(OnnxTensor::close);
    }
  }

  private OnnxTensor tensor(Operand operand) throws OrtException {
    OnnxJavaType type = operand.kind().java;
    ByteBuffer direct =
        ByteBuffer.allocateDirect(operand.bytes().length)
            .order(ByteOrder.nativeOrder())
            .put(operand.bytes())
            .rewind();
    return OnnxTensor.createTensor(environment, direct, operand.extents(), type);
  }

  private static Operand operand(OnnxTensor tensor) {
    TensorInfo info = tensor.getInfo();
    ByteBuffer buffer = tensor.getByteBuffer();
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return new Operand(ElementKind.of(info.type), info.getShape(), bytes);
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }
}
