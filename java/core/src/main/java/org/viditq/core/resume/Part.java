package org.viditq.core.resume;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.viditq.core.tensor.Tensor;

/**
 * The result of a part of the work.
 *
 * @param tensors by name, in order
 * @param facts other values, by name
 */
public record Part(Map<String, Tensor> tensors, Map<String, String> facts) {
  public Part {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    facts = Map.copyOf(facts);
  }

  /** A single tensor. */
  public static Part of(String name, Tensor tensor, Map<String, String> facts) {
    return new Part(Map.of(name, tensor), facts);
  }
}
