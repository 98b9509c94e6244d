package org.viditq.core.pipeline.cache;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.viditq.core.tensor.Tensor;

/**
 * From one step of a picture's sampling to the next.
 *
 * @param input relative L1 change of the blocks' input
 * @param residual relative L1 change of what the blocks add
 */
public record StepChange(double input, double residual) {
  /** Collects the changes of a sampling. */
  public static final class Recorder implements StepObserver {
    private final Map<Integer, Tensor> inputs = new HashMap<>();
    private final Map<Integer, Tensor> residuals = new HashMap<>();
    private final List<StepChange> changes = new ArrayList<>();

    @Override
    public void blocks(int picture, Tensor input, Tensor residual) {
      Tensor earlierInput = inputs.put(picture, input);
      Tensor earlierResidual = residuals.put(picture, residual);
      if (earlierInput != null) {
        changes.add(
            new StepChange(
                RelativeChange.of(earlierInput, input),
                RelativeChange.of(earlierResidual, residual)));
      }
    }

    /** In the order of steps. */
    public List<StepChange> changes() {
      return List.copyOf(changes);
    }
  }
}
