package org.viditq.onnxruntime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.Printable;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.RecordedInputs;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.ActiveSetRanges;

/**
 * A denoiser's graph for all extents, of the plugin dialect (what {@code viditq export} writes),
 * evaluated by ONNX Runtime with one of the operator libraries.
 */
public final class GraphDenoiser implements Denoiser {
  private final DenoiserModel model;
  private final OrtSession session;
  private final ActiveSetRanges ranges;
  private final Runnable release;
  private boolean closed;

  private GraphDenoiser(
      DenoiserModel model, OrtSession session, ActiveSetRanges ranges, Runnable release) {
    this.model = model;
    this.session = session;
    this.ranges = ranges;
    this.release = release;
  }

  /**
   * Loads a graph. Its files are not needed any more when this returns, where the system lets open
   * files be deleted.
   *
   * @param model whose graph it is
   * @param graph float32 or float16, with attention {@code decomposed}, or as {@link
   *     org.viditq.onnx.OnnxOptions.AttentionForm#ONNX_RUNTIME} records it
   * @param threads of ONNX Runtime's operators and of our CPU kernels
   * @throws BackendException if ONNX Runtime or an operator refuses the graph
   * @throws org.viditq.core.error.InvalidModelException if its metadata do not tell what weights
   *     are for what timesteps
   */
  public static GraphDenoiser open(
      DenoiserModel model, Path graph, OperatorLibrary library, int threads) {
    return open(model, graph, library, threads, () -> {});
  }

  /**
   * As {@link #open(DenoiserModel, Path, OperatorLibrary, int)}.
   *
   * @param release run when the denoiser is closed
   */
  static GraphDenoiser open(
      DenoiserModel model, Path graph, OperatorLibrary library, int threads, Runnable release) {
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
        return new GraphDenoiser(model, session, ActiveSetRanges.parse(description), release);
      } catch (OrtException | RuntimeException unreadable) {
        session.close();
        throw unreadable;
      }
    } catch (OrtException e) {
      throw failure("load", model, e);
    }
  }

  @Override
  public DenoiserModel model() {
    return model;
  }

  /**
   * {@inheritDoc}
   *
   * @throws org.viditq.core.error.ViditqException as {@link RecordedInputs#of}
   * @throws BackendException if an operator fails
   * @throws NonFiniteException if the prediction holds NaN or infinity
   */
  @Override
  public Tensor predict(DenoiserInput input) {
    Tensor prediction = run(RecordedInputs.of(model, input));
    if (!prediction.isFinite()) {
      throw new NonFiniteException(
          "The result of the denoiser at timestep "
              + input.timestep()
              + " holds NaN or infinity; --backend native names the operator that made it.");
    }
    return prediction;
  }

  private Tensor run(DenoiserInput input) {
    Map<String, OnnxTensor> fed = new HashMap<>();
    try {
      for (String name : session.getInputNames()) {
        fed.put(
            name,
            name.equals(ActiveSetRanges.INPUT)
                ? index(ranges.at(input.timestep()))
                : feed(
                    input
                        .find(name)
                        .orElseThrow(
                            () ->
                                new BackendException(
                                    "The graph wants an input "
                                        + Printable.name(name)
                                        + ", which "
                                        + model.family()
                                        + " does not have; it is that of another model."))));
      }
      try (OrtSession.Result result = session.run(fed)) {
        return tensor((OnnxTensor) result.get(InputNames.PREDICTION).orElseThrow());
      }
    } catch (OrtException e) {
      throw failure("run", model, e);
    } finally {
      fed.values().forEach(OnnxTensor::close);
    }
  }

  private static OnnxTensor index(int set) throws OrtException {
    return OnnxTensor.createTensor(
        Environment.get(), IntBuffer.wrap(new int[] {set}), new long[] {1});
  }

  private static OnnxTensor feed(Tensor tensor) throws OrtException {
    long[] dims = Arrays.stream(tensor.shape().toArray()).asLongStream().toArray();
    return OnnxTensor.createTensor(Environment.get(), FloatBuffer.wrap(tensor.data()), dims);
  }

  private static Tensor tensor(OnnxTensor result) {
    FloatBuffer buffer = result.getFloatBuffer();
    float[] values = new float[buffer.remaining()];
    buffer.get(values);
    long[] dims = result.getInfo().getShape();
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

  /** Idempotent. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      session.close();
    } catch (OrtException e) {
      throw failure("release", model, e);
    } finally {
      release.run();
    }
  }
}
