package org.viditq.core.model;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.NonFiniteScan;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.operators.ConvolutionParameters;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * The full-precision parameters that a checkpoint holds. Weights of layers stay where they are
 * stored; they are scanned for NaN and infinity there, once.
 */
public final class CheckpointParameters implements Parameters {
  private final Checkpoint checkpoint;
  private final String prefix;
  private final Set<String> used;
  private final Set<String> finite;
  private final boolean scans;

  public CheckpointParameters(Checkpoint checkpoint) {
    this(checkpoint, "", ConcurrentHashMap.newKeySet(), ConcurrentHashMap.newKeySet(), true);
  }

  /** Parameters in which NaN and infinity are not looked for: their layers are not computed. */
  static CheckpointParameters unscanned(Checkpoint checkpoint) {
    return new CheckpointParameters(
        checkpoint, "", ConcurrentHashMap.newKeySet(), ConcurrentHashMap.newKeySet(), false);
  }

  private CheckpointParameters(
      Checkpoint checkpoint, String prefix, Set<String> used, Set<String> finite, boolean scans) {
    this.checkpoint = checkpoint;
    this.prefix = prefix;
    this.used = used;
    this.finite = finite;
    this.scans = scans;
  }

  @Override
  public boolean contains(String name) {
    return checkpoint.contains(prefix + name);
  }

  @Override
  public Tensor tensor(String name, int... shape) {
    return finite(prefix + name, prefix + name, shape).toTensor();
  }

  @Override
  public StoredTensor stored(String name, int... shape) {
    return checked(prefix + name, shape);
  }

  @Override
  public LinearParameters linear(String name, int inFeatures, int outFeatures) {
    String layer = prefix + name;
    return new DenseLinearParameters(
        layer, finite(layer + ".weight", layer, outFeatures, inFeatures), bias(layer, outFeatures));
  }

  @Override
  public ConvolutionParameters convolution(
      String name,
      int inChannels,
      int outChannels,
      int[] kernel,
      int[] stride,
      int[] padBefore,
      int[] padAfter) {
    String layer = prefix + name;
    int[] shape = ConvolutionParameters.weightShape(inChannels, outChannels, kernel);
    return new ConvolutionParameters(
        layer,
        finite(layer + ".weight", layer, shape),
        bias(layer, outChannels),
        stride.clone(),
        padBefore.clone(),
        padAfter.clone());
  }

  @Override
  public void leaveOut(String... names) {
    for (String name : names) {
      used.add(prefix + name);
    }
  }

  @Override
  public Parameters under(String prefix) {
    return new CheckpointParameters(checkpoint, this.prefix + prefix, used, finite, scans);
  }

  /** Those of the whole checkpoint, in file order. */
  @Override
  public List<String> unused() {
    List<String> folders = used.stream().filter(name -> name.endsWith(".")).toList();
    return checkpoint.names().stream()
        .filter(name -> !used.contains(name) && folders.stream().noneMatch(name::startsWith))
        .toList();
  }

  private Optional<Tensor> bias(String layer, int outFeatures) {
    String name = layer + ".bias";
    return checkpoint.contains(name)
        ? Optional.of(finite(name, layer, outFeatures).toTensor())
        : Optional.empty();
  }

  private StoredTensor checked(String name, int... shape) {
    StoredTensor tensor = checkpoint.get(name);
    if (!Arrays.equals(tensor.shape().toArray(), shape)) {
      throw new InvalidCheckpointException(
          "Tensor "
              + name
              + " of "
              + checkpoint.source()
              + " has shape "
              + tensor.shape()
              + ", but the model's configuration needs "
              + Shape.of(shape)
              + ".");
    }
    if (!tensor.dtype().isFloatingPoint()) {
      throw new InvalidCheckpointException(
          "Tensor "
              + name
              + " of "
              + checkpoint.source()
              + " is stored as "
              + tensor.dtype()
              + " where floating-point parameters are needed.");
    }
    used.add(name);
    return tensor;
  }

  private StoredTensor finite(String name, String layer, int... shape) {
    StoredTensor tensor = checked(name, shape);
    if (scans && !finite.contains(name)) {
      if (NonFiniteScan.found(tensor)) {
        throw new NonFiniteException(
            "Layer "
                + layer
                + " holds NaN or infinity in "
                + name
                + " of "
                + checkpoint.source()
                + "; the checkpoint is damaged.");
      }
      finite.add(name);
    }
    return tensor;
  }
}
