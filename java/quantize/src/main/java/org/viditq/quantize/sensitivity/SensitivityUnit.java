package org.viditq.quantize.sensitivity;

import java.util.List;
import org.viditq.core.model.LinearLayer;

/**
 * One independent piece of a sweep: some layers quantized in some timesteps, all else in full
 * precision.
 *
 * @param name of the layers together
 * @param type of all of them
 * @param layers qualified names
 * @param range index of the timestep range, 0 for the least noisy one
 * @param bits of the weights
 */
public record SensitivityUnit(
    String name, LinearLayer.Type type, List<String> layers, int range, int bits) {
  public SensitivityUnit {
    layers = List.copyOf(layers);
  }
}
