package org.viditq.quantize.plan;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.viditq.core.quant.Rotation;

/**
 * How inputs and weights are rotated.
 *
 * @param kind of matrix
 * @param block the largest number of neighbouring channels that are rotated together; empty for all
 *     of a layer
 * @param seed of random signs; empty for none
 * @param layers parts of the names of the layers to rotate; empty for all quantized layers
 */
public record RotationSettings(
    Rotation.Kind kind, OptionalInt block, OptionalLong seed, List<String> layers) {
  public RotationSettings {
    layers = List.copyOf(layers);
  }

  /**
   * That of the published plans: all channels of a layer, signs at random. Their code draws other
   * signs in every process; here they are those of seed 0.
   */
  static RotationSettings published(List<String> layers) {
    return new RotationSettings(
        Rotation.Kind.HADAMARD, OptionalInt.empty(), OptionalLong.of(0), layers);
  }

  /**
   * What a layer of so many input channels gets: the largest blocks, up to {@link #block}, that
   * divide it and that there is a matrix for. Empty if there are none of four channels or more.
   */
  public Optional<Rotation> forChannels(int channels) {
    int largest = Math.min(channels, block.orElse(channels));
    for (int size = largest; size >= 4; size--) {
      if (channels % size == 0 && Rotation.exists(kind, size)) {
        return Optional.of(new Rotation(kind, size, seed));
      }
    }
    return Optional.empty();
  }
}
