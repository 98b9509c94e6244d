package org.viditq.bench.onnxruntime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.viditq.core.error.BackendException;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.OnnxGraph;
import org.viditq.onnxruntime.Environment;

/** A graph loaded by ONNX Runtime, with all its optimizations, on the CPU. */
public final class OnnxRuntimeModel implements AutoCloseable {
  private final String name;
  private final OrtSession session;

  private OnnxRuntimeModel(String name, int threads, Loader loader) {
    this.name = name;
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      session = loader.load(options);
    } catch (OrtException e) {
      throw failure("load", e);
    }
  }

  private interface Loader {
    OrtSession load(OrtSession.SessionOptions options) throws OrtException;
  }

  /**
   * A small graph.
   *
   * @param name for messages
   */
  public static OnnxRuntimeModel of(String name, OnnxGraph graph, int threads) {
    byte[] bytes = graph.toBytes();
    return new OnnxRuntimeModel(
        name, threads, options -> Environment.get().createSession(bytes, options));
  }

  /** A graph of any size from the folder that {@link OnnxGraph#write} has made. */
  public static OnnxRuntimeModel open(Path folder, int threads) {
    String file = folder.resolve(OnnxGraph.MODEL_FILE).toString();
    return new OnnxRuntimeModel(
        file, threads, options -> Environment.get().createSession(file, options));
  }

  /** An input ready to be fed; the caller closes it. */
  public static OnnxTensor feed(Tensor tensor) {
    FloatBuffer values =
        ByteBuffer.allocateDirect(Math.multiplyExact(tensor.size(), Float.BYTES))
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer()
            .put(tensor.data())
            .rewind();
    long[] dims = Arrays.stream(tensor.shape().toArray()).asLongStream().toArray();
    try {
      return OnnxTensor.createTensor(Environment.get(), values, dims);
    } catch (OrtException e) {
      throw new BackendException(
          "ONNX Runtime cannot take a tensor " + tensor.shape() + ": " + e.getMessage(), e);
    }
  }

  /** The graph's first output. */
  public Tensor run(Map<String, Tensor> inputs) {
    Map<String, OnnxTensor> fed = new HashMap<>();
    try {
      inputs.forEach((input, tensor) -> fed.put(input, feed(tensor)));
      try (OrtSession.Result result = session.run(fed)) {
        return tensor((OnnxTensor) result.get(0));
      }
    } catch (OrtException e) {
      throw failure("run", e);
    } finally {
      fed.values().forEach(OnnxTensor::close);
    }
  }

  /** Computes and drops the outputs: what a benchmark times. */
  public void compute(Map<String, OnnxTensor> inputs) {
    try (OrtSession.Result result = session.run(inputs)) {
      result.get(0);
    } catch (OrtException e) {
      throw failure("run", e);
    }
  }

  private static Tensor tensor(OnnxTensor result) {
    FloatBuffer buffer = result.getFloatBuffer();
    float[] values = new float[buffer.remaining()];
    buffer.get(values);
    long[] dims = result.getInfo().getShape();
    return Tensor.of(Shape.of(Arrays.stream(dims).mapToInt(Math::toIntExact).toArray()), values);
  }

  private BackendException failure(String what, OrtException e) {
    return new BackendException(
        "ONNX Runtime cannot " + what + " " + name + ": " + e.getMessage(), e);
  }

  @Override
  public void close() {
    try {
      session.close();
    } catch (OrtException e) {
      throw failure("release", e);
    }
  }
}
