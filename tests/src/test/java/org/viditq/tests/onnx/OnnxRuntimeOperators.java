package org.viditq.tests.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import org.viditq.core.operators.ForwardingOperators;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.tensorrt.onnx.OnnxGraph;
import org.viditq.tensorrt.onnx.OnnxOperators;
import org.viditq.tensorrt.onnx.OnnxOptions;
import org.viditq.tensorrt.onnx.OnnxValue;

/**
 * Computes by emission: what is read is the output of the graph recorded so far, run by ONNX
 * Runtime. Tensors become inputs of the graph, not constants, lest ONNX Runtime fold it all before
 * it runs.
 */
final class OnnxRuntimeOperators extends ForwardingOperators<OnnxValue> {
  private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();

  private final OnnxOperators operators;
  private final int threads;
  private final Map<OnnxValue, Tensor> inputs = new IdentityHashMap<>();
  private int graphs;

  OnnxRuntimeOperators(OnnxOptions options, int threads) {
    this(new OnnxOperators(options), threads);
  }

  private OnnxRuntimeOperators(OnnxOperators operators, int threads) {
    super(operators);
    this.operators = operators;
    this.threads = threads;
  }

  @Override
  public OnnxValue constant(Tensor tensor) {
    OnnxValue input = operators.input("input" + inputs.size(), tensor.shape().toArray());
    inputs.put(input, tensor);
    return input;
  }

  @Override
  public Tensor read(OnnxValue value) {
    if (inputs.containsKey(value)) {
      return inputs.get(value);
    }
    OnnxGraph graph = operators.graph("read", Map.of("output" + graphs++, value));
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      try (OrtSession session = ENVIRONMENT.createSession(graph.toBytes(), options)) {
        return run(session, graph);
      }
    } catch (OrtException e) {
      throw new AssertionError("ONNX Runtime refuses the graph of " + value, e);
    }
  }

  private Tensor run(OrtSession session, OnnxGraph graph) throws OrtException {
    Map<String, OnnxTensor> fed = new HashMap<>();
    try {
      for (OnnxValue input : graph.inputs()) {
        fed.put(input.name(), feed(inputs.get(input)));
      }
      try (OrtSession.Result result = session.run(fed)) {
        return tensor((OnnxTensor) result.get(0));
      }
    } finally {
      fed.values().forEach(OnnxTensor::close);
    }
  }

  static OnnxTensor feed(Tensor tensor) throws OrtException {
    long[] dims = Arrays.stream(tensor.shape().toArray()).asLongStream().toArray();
    return OnnxTensor.createTensor(ENVIRONMENT, FloatBuffer.wrap(tensor.data()), dims);
  }

  /** The shape that came, not the one that was recorded: they are compared by the caller. */
  static Tensor tensor(OnnxTensor result) {
    FloatBuffer buffer = result.getFloatBuffer();
    float[] values = new float[buffer.remaining()];
    buffer.get(values);
    long[] dims = result.getInfo().getShape();
    return Tensor.of(Shape.of(Arrays.stream(dims).mapToInt(Math::toIntExact).toArray()), values);
  }
}
