package org.viditq.core.pipeline;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * What pictures are conditioned on, as the denoiser takes it: encoded texts with their masks, class
 * indices. Every tensor has a row per prompt.
 *
 * @param tensors [n, ...] each, by the names of {@link org.viditq.core.model.InputNames}
 */
public record Conditions(Map<String, Tensor> tensors) {
  public Conditions {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    if (tensors.isEmpty()) {
      throw new ShapeException("There is nothing to condition on.");
    }
    Tensor first = tensors.values().iterator().next();
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      Shape shape = entry.getValue().shape();
      if (shape.rank() == 0 || shape.dim(0) != first.dim(0)) {
        throw new ShapeException(
            "Conditions "
                + entry.getKey()
                + " "
                + shape
                + " do not have a row for each of "
                + first.dim(0)
                + " prompts.");
      }
    }
  }

  /** Number of prompts. */
  public int count() {
    return tensors.values().iterator().next().dim(0);
  }

  /**
   * @throws ShapeException if there is no such tensor
   */
  public Tensor get(String name) {
    return find(name).orElseThrow(() -> new ShapeException("The conditions hold no " + name + "."));
  }

  public Optional<Tensor> find(String name) {
    return Optional.ofNullable(tensors.get(name));
  }

  /** These conditions with another tensor called {@code name}. */
  public Conditions with(String name, Tensor tensor) {
    Map<String, Tensor> changed = new LinkedHashMap<>(tensors);
    changed.put(name, tensor);
    return new Conditions(changed);
  }

  /** The prompts with the given indices, in that order; an index may occur more than once. */
  public Conditions select(List<Integer> indices) {
    Map<String, Tensor> selected = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> selected.put(name, select(tensor, indices)));
    return new Conditions(selected);
  }

  /** These followed by others of the same names and extents. */
  public Conditions concat(Conditions others) {
    requireAlike(others);
    Map<String, Tensor> joined = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> joined.put(name, join(tensor, others.get(name))));
    return new Conditions(joined);
  }

  /** Whether names, and extents behind the first, are the same. */
  boolean isLike(Conditions others) {
    return tensors.keySet().equals(others.tensors.keySet())
        && tensors.keySet().stream()
            .allMatch(name -> rowShape(get(name)).equals(rowShape(others.get(name))));
  }

  private void requireAlike(Conditions others) {
    if (!isLike(others)) {
      throw new ShapeException(
          "Conditions " + describe() + " and " + others.describe() + " cannot share a batch.");
    }
  }

  /** Names and shapes, for messages. */
  String describe() {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
    return shapes.toString();
  }

  private static Shape rowShape(Tensor tensor) {
    int[] dims = tensor.shape().toArray();
    return Shape.of(Arrays.copyOfRange(dims, 1, dims.length));
  }

  private static Tensor select(Tensor tensor, List<Integer> indices) {
    int row = tensor.size() / tensor.dim(0);
    int[] dims = tensor.shape().toArray();
    dims[0] = indices.size();
    Tensor selected = Tensor.zeros(dims);
    for (int i = 0; i < indices.size(); i++) {
      System.arraycopy(tensor.data(), indices.get(i) * row, selected.data(), i * row, row);
    }
    return selected;
  }

  private static Tensor join(Tensor first, Tensor second) {
    int[] dims = first.shape().toArray();
    dims[0] += second.dim(0);
    float[] joined = Arrays.copyOf(first.data(), first.size() + second.size());
    System.arraycopy(second.data(), 0, joined, first.size(), second.size());
    return Tensor.of(joined, dims);
  }
}
