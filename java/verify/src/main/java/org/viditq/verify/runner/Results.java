package org.viditq.verify.runner;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.viditq.core.tensor.Tensor;
import org.viditq.verify.fixture.Values;

/** What a runner computed, by the names that the fixture expects. */
public final class Results {
  private final Map<String, Values> values = new LinkedHashMap<>();

  public Results put(String name, Tensor tensor) {
    return put(name, Values.of(tensor));
  }

  /** A metric or another single number. */
  public Results put(String name, double value) {
    return put(name, Values.of(value));
  }

  public Results put(String name, int[] integers, int... dims) {
    return put(name, Values.of(integers, dims));
  }

  public Results put(String name, Values result) {
    if (values.put(name, result) != null) {
      throw new IllegalStateException("Result " + name + " was computed twice.");
    }
    return this;
  }

  /** By name, in the order of computation. */
  public Map<String, Values> all() {
    return Collections.unmodifiableMap(values);
  }

  public Optional<Values> get(String name) {
    return Optional.ofNullable(values.get(name));
  }
}
