package org.viditq.quantize.checkpoint;

/**
 * Names of a quantized layer's tensors. The first weight and the first activation scheme have the
 * names that compressed-tensors gives them; further ones, which it does not know, carry their
 * index.
 */
final class TensorNames {
  private TensorNames() {}

  /** What comes before {@code weight}, {@code weight_scale}, ... of a layer's k-th weight. */
  static String weightPrefix(String layer, int k) {
    return k == 0 ? layer + "." : layer + ".weight_set_" + k + ".";
  }

  /** What comes before {@code input_scale} and {@code input_zero_point}. */
  static String activationPrefix(String layer, int k) {
    return k == 0 ? layer + "." : layer + ".activation_" + k + ".";
  }

  /** What is added to the bias in a layer's k-th set. */
  static String correction(String layer, int k) {
    return layer + ".bias_correction_" + k;
  }

  static String lowRankDown(String layer) {
    return layer + ".low_rank_down";
  }

  static String lowRankUp(String layer) {
    return layer + ".low_rank_up";
  }
}
