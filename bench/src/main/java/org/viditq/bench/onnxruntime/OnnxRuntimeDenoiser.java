package org.viditq.bench.onnxruntime;

import java.nio.file.Path;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.Parameters;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.DenoiserGraph;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.OnnxOptions.AttentionForm;
import org.viditq.onnx.OnnxOptions.LinearForm;

/**
 * A denoiser on ONNX Runtime: the definition that our backends compute, with the same weights, as a
 * graph in the form that is fastest there.
 */
public final class OnnxRuntimeDenoiser implements Denoiser {
  private final DenoiserModel definition;
  private final OnnxRuntimeModel model;

  private OnnxRuntimeDenoiser(DenoiserModel definition, OnnxRuntimeModel model) {
    this.definition = definition;
    this.model = model;
  }

  /**
   * Writes the graph, which takes as much space as its weights: 4 bytes each, or 1 of those that
   * are quantized.
   *
   * @param linear full precision, or ONNX Runtime's dynamic quantization
   * @param like an input of the extents that the denoiser is to be evaluated on
   * @param folder where the graph goes
   */
  public static void write(
      DenoiserModel definition,
      Parameters parameters,
      LinearForm linear,
      DenoiserInput like,
      Path folder) {
    OnnxOptions options = new OnnxOptions(linear, AttentionForm.ONNX_RUNTIME);
    DenoiserGraph.record(definition, parameters, options, like).write(folder);
  }

  /**
   * Loads a graph that {@link #write} has written.
   *
   * @param folder must stay until the denoiser is closed
   */
  public static OnnxRuntimeDenoiser open(DenoiserModel definition, Path folder, int threads) {
    return new OnnxRuntimeDenoiser(definition, OnnxRuntimeModel.open(folder, threads));
  }

  @Override
  public DenoiserModel model() {
    return definition;
  }

  @Override
  public Tensor predict(DenoiserInput input) {
    return model.run(input.tensors());
  }

  @Override
  public void close() {
    model.close();
  }
}
