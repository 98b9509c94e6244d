package org.viditq.onnxruntime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.Printable;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.ActiveSetRanges;

/** A graph of a denoiser, or of a part of one, in ONNX Runtime with an operator library. */
final class GraphSession implements AutoCloseable {
  private final DenoiserModel model;
  private final OrtSession session;
  private final ActiveSetRanges ranges;

  private GraphSession(DenoiserModel model, OrtSession session, ActiveSetRanges ranges) {
    this.model = model;
    this.session = session;
    this.ranges = ranges;
  }

  /** As {@link GraphDenoiser#open(DenoiserModel, Path, OperatorLibrary, int)}. */
  static GraphSession open(DenoiserModel model, Path graph, OperatorLibrary library, int threads) {
    OrtEnvironment environment = Environment.get();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      // Between two nodes, its threads would take turns with ours.
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      options.addConfigEntry(OperatorLibrary.THREADS, Integer.toString(threads));
      options.registerCustomOpLibrary(library.path().toString());
      OrtSession session = environment.createSession(graph.toString(), options);
      try {
        String description =
            session.getMetadata().getCustomMetadataValue(ActiveSetRanges.METADATA).orElse("");
        return new GraphSession(model, session, ActiveSetRanges.parse(description));
      } catch (OrtException | RuntimeException unreadable) {
        session.close();
        throw unreadable;
      }
    } catch (OrtException e) {
      throw failure("load", model, e);
    }
  }

  /**
   * Runs the graph.
   *
   * @param input has the model's inputs
   * @param others inputs of the graph's own, which stay open
   * @return the outputs, which the caller closes
   * @throws BackendException if an operator fails, or the graph wants an input that nobody has
   */
  OrtSession.Result run(DenoiserInput input, Map<String, OnnxTensor> others) {
    Map<String, OnnxTensor> made = new HashMap<>();
    try {
      Map<String, OnnxTensor> fed = new HashMap<>();
      for (String name : session.getInputNames()) {
        OnnxTensor other = others.get(name);
        if (other == null) {
          other = value(name, input);
          made.put(name, other);
        }
        fed.put(name, other);
      }
      return session.run(fed);
    } catch (OrtException e) {
      throw failure("run", model, e);
    } finally {
      made.values().forEach(OnnxTensor::close);
    }
  }

  private OnnxTensor value(String name, DenoiserInput input) throws OrtException {
    if (name.equals(ActiveSetRanges.INPUT)) {
      int[] set = {ranges.at(input.timestep())};
      return OnnxTensor.createTensor(Environment.get(), IntBuffer.wrap(set), new long[] {1});
    }
    Tensor tensor =
        input
            .find(name)
            .orElseThrow(
                () ->
                    new BackendException(
                        "The graph wants an input "
                            + Printable.name(name)
                            + ", which "
                            + model.family()
                            + " does not have; it is that of another model."));
    long[] dims = Arrays.stream(tensor.shape().toArray()).asLongStream().toArray();
    return OnnxTensor.createTensor(Environment.get(), FloatBuffer.wrap(tensor.data()), dims);
  }

  /** Zeros for an input, one along each axis that is open. */
  OnnxTensor zeros(String input) {
    try {
      long[] dims = ((TensorInfo) session.getInputInfo().get(input).getInfo()).getShape().clone();
      long size = 1;
      for (int axis = 0; axis < dims.length; axis++) {
        dims[axis] = Math.max(1, dims[axis]);
        size *= dims[axis];
      }
      return OnnxTensor.createTensor(
          Environment.get(), FloatBuffer.allocate(Math.toIntExact(size)), dims);
    } catch (OrtException e) {
      throw failure("run", model, e);
    }
  }

  /** An output, which is closed with the others. */
  static OnnxTensor output(OrtSession.Result result, String name) {
    return (OnnxTensor) result.get(name).orElseThrow();
  }

  /** The elements of an output. */
  static Tensor tensor(OrtSession.Result result, String name) {
    OnnxTensor output = output(result, name);
    FloatBuffer buffer = output.getFloatBuffer();
    float[] values = new float[buffer.remaining()];
    buffer.get(values);
    long[] dims = output.getInfo().getShape();
    return Tensor.of(Shape.of(Arrays.stream(dims).mapToInt(Math::toIntExact).toArray()), values);
  }

  private static BackendException failure(String what, DenoiserModel model, OrtException e) {
    return new BackendException(
        "ONNX Runtime cannot "
            + what
            + " the graph of "
            + model.family()
            + ": "
            + Printable.line(String.valueOf(e.getMessage())),
        e);
  }

  @Override
  public void close() {
    try {
      session.close();
    } catch (OrtException e) {
      throw failure("release", model, e);
    }
  }
}
