package org.viditq.quantize.activation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.diffusers.Component;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.balance.BalancedRows;
import org.viditq.quantize.calibrate.InputHalves;
import org.viditq.quantize.calibrate.LinearObserver;
import org.viditq.quantize.calibrate.ObservingOperators;

/**
 * Measures how the inputs of a model's linear layers vary over tokens, guidance branches, timesteps
 * and channels (Zhao et al., "ViDiT-Q", section 3), and what grids that follow one of them would
 * gain. The model samples in full precision once, for ranges; the evaluations that count then go
 * through it again, for the errors on grids of these ranges.
 */
public final class ActivationSurvey {
  private final DiffusionPipeline pipeline;
  private final Supplier<? extends Operators<?>> backend;

  public ActivationSurvey(DiffusionPipeline pipeline, Supplier<? extends Operators<?>> backend) {
    this.pipeline = pipeline;
    this.backend = backend;
  }

  /**
   * @param every n looks at the sampling steps 0, n, 2n, ...
   * @param format of the codes whose errors are estimated
   * @return the model's linear layers that have an input [.., C], in its order
   */
  public List<LayerActivations> run(
      GenerationRequest request,
      EncodedPrompts prompts,
      int every,
      IntegerFormat format,
      ProgressListener progress) {
    ProfileRecorder recorder = new ProfileRecorder(every, request.isGuided());
    try (Operators<?> operators = backend.get()) {
      try (Denoiser denoiser = observed(operators, recorder)) {
        pipeline.sample(request, prompts, denoiser, recorder, progress);
      }
    }
    Map<String, GridErrors> errors = new LinkedHashMap<>();
    recorder.profiles().forEach((name, seen) -> errors.put(name, new GridErrors(format, seen)));
    try (Operators<?> operators = backend.get()) {
      measure(recorder, request.isGuided(), errors, operators, progress);
    }
    return results(recorder, errors);
  }

  private <V> Denoiser observed(Operators<V> operators, LinearObserver observer) {
    return pipeline.openDenoiser(
        UnaryOperator.identity(), new ObservingOperators<>(operators, observer));
  }

  private void measure(
      ProfileRecorder recorder,
      boolean guided,
      Map<String, GridErrors> errors,
      Operators<?> operators,
      ProgressListener progress) {
    int steps = recorder.inputs().size();
    int[] step = new int[1];
    LinearObserver observer =
        (layers, x, sequences) -> {
          int batch = recorder.inputs().get(step[0]).latents().dim(0);
          List<Tensor> branches = InputHalves.of(x, batch, guided);
          for (int b = 0; b < branches.size(); b++) {
            errors.get(layers.get(0)).add(step[0], b, branches.get(b));
          }
        };
    try (Denoiser denoiser = observed(operators, observer)) {
      for (; step[0] < steps; step[0]++) {
        progress.progress(ProgressListener.Stage.SAMPLING, step[0], steps);
        denoiser.predict(recorder.inputs().get(step[0]));
      }
      progress.progress(ProgressListener.Stage.SAMPLING, steps, steps);
    }
  }

  private List<LayerActivations> results(ProfileRecorder recorder, Map<String, GridErrors> errors) {
    List<LayerActivations> results = new ArrayList<>();
    try (Checkpoint weights = pipeline.folder().checkpoint(Component.TRANSFORMER)) {
      for (LinearLayer layer : pipeline.model().linearLayers()) {
        String input = recorder.inputOf().get(layer.name());
        if (input == null) {
          continue; // not computed with these inputs, such as the size embeddings of some models
        }
        InputProfile seen = recorder.profiles().get(input);
        results.add(
            new LayerActivations(
                layer,
                seen.steps().stream().map(i -> recorder.inputs().get(i).timestep()).toList(),
                seen.meanChannelMax(),
                seen.meanTokenMax(),
                seen.stepMax(),
                seen.variations(),
                errors.get(input).signalToNoise(columns(weights.get(layer.name() + ".weight")))));
      }
    }
    return results;
  }

  /** Σ_o W[o, c]² by input channel. */
  private static double[] columns(StoredTensor weight) {
    BalancedRows rows = new BalancedRows(weight, Optional.empty());
    double[] sums = new double[BalancedRows.columns(weight)];
    for (int r = 0; r < rows.count(); r++) {
      float[] row = rows.read(r);
      for (int c = 0; c < sums.length; c++) {
        sums[c] += (double) row[c] * row[c];
      }
    }
    return sums;
  }
}
