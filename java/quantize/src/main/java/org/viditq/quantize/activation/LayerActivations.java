package org.viditq.quantize.activation;

import java.util.List;
import java.util.Map;
import org.viditq.core.model.LinearLayer;

/**
 * What a run of the model showed of the input of one linear layer.
 *
 * @param layer the layer
 * @param timesteps of the steps that were looked at, in order
 * @param channelMax by guidance branch, the negative one first, and channel: largest magnitude over
 *     tokens, mean over samples and steps
 * @param tokenMax by token index: largest magnitude over channels and samples, mean over branches
 *     and steps
 * @param stepMax by guidance branch and step: largest magnitude
 * @param variations of these
 * @param signalToNoise in dB, by what shares a grid: estimated Σ W² x² over Σ W² (x - x̂)² of the
 *     layer's output, as if the errors of channels were independent of each other
 */
public record LayerActivations(
    LinearLayer layer,
    List<Double> timesteps,
    List<float[]> channelMax,
    float[] tokenMax,
    List<float[]> stepMax,
    Variations variations,
    Map<GridScope, Double> signalToNoise) {
  public LayerActivations {
    timesteps = List.copyOf(timesteps);
    channelMax = List.copyOf(channelMax);
    stepMax = List.copyOf(stepMax);
    signalToNoise = Map.copyOf(signalToNoise);
  }

  /** What a static scale per tensor loses against a dynamic one per token, in dB. */
  public double staticLoss() {
    return gain(GridScope.TOKEN);
  }

  /** What grids of a scope gain over a static scale per tensor, in dB. */
  public double gain(GridScope scope) {
    return signalToNoise.get(scope) - signalToNoise.get(GridScope.TENSOR);
  }

  /** Number of guidance branches: 2 with guidance, 1 without. */
  public int branches() {
    return channelMax.size();
  }
}
