package org.viditq.bench.model;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.InputSpec;
import org.viditq.core.tensor.Tensor;

/** Inputs for a model of any family. */
public final class RandomInputs {
  private RandomInputs() {}

  /**
   * Normal noise, with all of the text to be seen, and sample i of class i.
   *
   * @param extents by axis: batch, frames, height, width, tokens, as far as the model has them
   * @param timestep of all samples
   */
  public static DenoiserInput of(
      DenoiserModel model, Map<String, Integer> extents, int timestep, long seed) {
    Random random = new Random(seed);
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    for (InputSpec spec : model.inputs()) {
      Tensor tensor = Tensor.zeros(spec.shape(extents));
      for (int i = 0; i < tensor.size(); i++) {
        tensor.data()[i] =
            switch (spec.name()) {
              case InputNames.TIMESTEPS -> timestep;
              case InputNames.MASK, InputNames.MASK_2 -> 1;
              case InputNames.LABELS -> i;
              case InputNames.STYLE -> 0;
              default -> (float) random.nextGaussian();
            };
      }
      inputs.put(spec.name(), tensor);
    }
    return new DenoiserInput(inputs);
  }
}
