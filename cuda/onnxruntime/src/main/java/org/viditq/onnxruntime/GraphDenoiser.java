package org.viditq.onnxruntime;

import ai.onnxruntime.OrtSession;
import java.nio.file.Path;
import java.util.Map;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.RecordedInputs;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.tensor.Tensor;

/**
 * A denoiser's graph for all extents, of the plugin dialect (what {@code viditq export} writes),
 * evaluated by ONNX Runtime with one of the operator libraries.
 */
public final class GraphDenoiser implements Denoiser {
  private final DenoiserModel model;
  private final GraphSession session;
  private boolean closed;

  private GraphDenoiser(DenoiserModel model, GraphSession session) {
    this.model = model;
    this.session = session;
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
    return new GraphDenoiser(model, GraphSession.open(model, graph, library, threads));
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
    try (OrtSession.Result result = session.run(RecordedInputs.of(model, input), Map.of())) {
      return prediction(result, input);
    }
  }

  /** The prediction among a graph's outputs. */
  static Tensor prediction(OrtSession.Result result, DenoiserInput input) {
    Tensor prediction = GraphSession.tensor(result, InputNames.PREDICTION);
    if (!prediction.isFinite()) {
      throw new NonFiniteException(
          "The result of the denoiser at timestep "
              + input.timestep()
              + " holds NaN or infinity; --backend native names the operator that made it.");
    }
    return prediction;
  }

  /** Idempotent. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      session.close();
    }
  }
}
