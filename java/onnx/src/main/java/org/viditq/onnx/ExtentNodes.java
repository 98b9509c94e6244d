package org.viditq.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.viditq.core.tensor.Shape;

/** Nodes that compute extents from those of the graph's inputs, each once. */
final class ExtentNodes {
  private static final String SCOPE = "extents";
  private static final Shape ONE = Shape.of(1);

  private final GraphRecorder recorder;
  private final List<Place> places;
  private final Map<List<Integer>, OnnxValue> products = new HashMap<>();
  private final Map<Extent, OnnxValue> extents = new HashMap<>();
  private final Map<List<Extent>, OnnxValue> lists = new HashMap<>();

  /** Where a chosen extent is found. */
  record Place(OnnxValue input, int axis) {}

  /**
   * @param places of the chosen extents, in their order
   */
  ExtentNodes(GraphRecorder recorder, List<Place> places) {
    this.recorder = recorder;
    this.places = List.copyOf(places);
  }

  /** int64 [n]. */
  OnnxValue list(List<Extent> values) {
    return lists.computeIfAbsent(List.copyOf(values), this::concatenated);
  }

  /** int64, of rank 0. */
  OnnxValue scalar(Extent value) {
    return node("Squeeze", Shape.of(), one(value), recorder.indices(0));
  }

  private OnnxValue concatenated(List<Extent> values) {
    List<OnnxValue> parts = new ArrayList<>();
    List<Integer> numbers = new ArrayList<>();
    for (Extent value : values) {
      if (value.isNumber()) {
        numbers.add(Math.toIntExact(value.constant()));
      } else {
        flush(numbers, parts);
        parts.add(one(value));
      }
    }
    flush(numbers, parts);
    return parts.size() == 1
        ? parts.get(0)
        : recorder
            .node("Concat")
            .of(SCOPE)
            .inputs(parts)
            .attribute("axis", 0)
            .result(ElementType.INT64, Shape.of(values.size()));
  }

  private void flush(List<Integer> numbers, List<OnnxValue> parts) {
    if (!numbers.isEmpty()) {
      parts.add(recorder.indices(numbers.stream().mapToInt(Integer::intValue).toArray()));
      numbers.clear();
    }
  }

  /** int64 [1]. */
  private OnnxValue one(Extent value) {
    OnnxValue known = extents.get(value);
    if (known == null) {
      known = computed(value);
      extents.put(value, known);
    }
    return known;
  }

  private OnnxValue computed(Extent value) {
    OnnxValue sum = null;
    for (Extent.Term term : value.terms()) {
      OnnxValue product = product(term.powers());
      if (term.factor() != 1) {
        product = node("Mul", ONE, product, number(term.factor()));
      }
      sum = sum == null ? product : node("Add", ONE, sum, product);
    }
    if (sum == null) {
      sum = number(value.constant());
    } else if (value.constant() != 0) {
      sum = node("Add", ONE, sum, number(value.constant()));
    }
    return value.divisor() == 1 ? sum : node("Div", ONE, sum, number(value.divisor()));
  }

  private OnnxValue product(List<Integer> powers) {
    OnnxValue known = products.get(powers);
    if (known != null) {
      return known;
    }
    OnnxValue result = null;
    for (int i = 0; i < powers.size(); i++) {
      for (int times = 0; times < powers.get(i); times++) {
        OnnxValue extent = chosen(i, powers.size());
        result = result == null ? extent : node("Mul", ONE, result, extent);
      }
    }
    products.put(powers, result);
    return result;
  }

  /** A chosen extent by itself. */
  private OnnxValue chosen(int index, int count) {
    Integer[] alone = new Integer[count];
    Arrays.fill(alone, 0);
    alone[index] = 1;
    return products.computeIfAbsent(
        List.of(alone),
        powers ->
            recorder
                .node("Shape")
                .of(SCOPE)
                .inputs(places.get(index).input())
                .attribute("start", places.get(index).axis())
                .attribute("end", places.get(index).axis() + 1)
                .result(ElementType.INT64, ONE));
  }

  private OnnxValue number(long value) {
    return recorder.indices(Math.toIntExact(value));
  }

  private OnnxValue node(String operator, Shape result, OnnxValue... inputs) {
    return recorder.node(operator).of(SCOPE).inputs(inputs).result(ElementType.INT64, result);
  }
}
