package org.viditq.core.model;

import java.util.List;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.operators.ConvolutionParameters;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.tensor.Tensor;

/**
 * Where a model definition gets its weights from; names are state-dict keys relative to the model.
 * Shapes are checked against what the model's configuration implies.
 *
 * <p>All methods throw {@link org.viditq.core.error.InvalidCheckpointException} naming the tensor
 * if it is missing or misshaped, and {@link org.viditq.core.error.NonFiniteException} naming the
 * layer if it holds NaN or infinity.
 */
public interface Parameters {
  boolean contains(String name);

  /** A small tensor (table, norm weight) converted to float32. */
  Tensor tensor(String name, int... shape);

  /**
   * A large tensor left where it lies, for reading a part of it: the token embedding of a text
   * encoder, of which a prompt needs a few rows. NaN and infinity are not looked for.
   */
  StoredTensor stored(String name, int... shape);

  /**
   * The linear layer {@code name}: {@code name.weight} [out, in] and, where present, {@code
   * name.bias} [out]; its quantized form where the plan has one.
   */
  LinearParameters linear(String name, int inFeatures, int outFeatures);

  /**
   * The convolution {@code name}: {@code name.weight} [out, in, kernel...] and, where present,
   * {@code name.bias}.
   */
  ConvolutionParameters convolution(
      String name,
      int inChannels,
      int outChannels,
      int[] kernel,
      int[] stride,
      int[] padBefore,
      int[] padAfter);

  /** What the attention of the model multiplies; float32 unless a plan says otherwise. */
  default AttentionPrecisions attention() {
    return AttentionPrecisions.FLOAT;
  }

  /**
   * Says that a model computes these tensors by itself, though its checkpoints hold them, so that
   * it is no sign of a wrong configuration if nobody asks for them.
   *
   * @param names of tensors; one that ends with a dot stands for all below it
   */
  default void leaveOut(String... names) {}

  /**
   * Tensors that nobody has asked for or left out yet, through this object or any {@link #under}
   * it. Once a model is prepared they show that its configuration belongs to another one.
   */
  default List<String> unused() {
    return List.of();
  }

  /** The parameters below {@code prefix} (which includes its trailing dot). */
  Parameters under(String prefix);
}
