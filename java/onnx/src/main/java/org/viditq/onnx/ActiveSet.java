package org.viditq.onnx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Shape;

/**
 * The input that chooses the weight sets of quantized layers: one index for all of them, into the
 * ranges between any two timesteps where some layer changes its set. A layer that changes less
 * often looks its own index up.
 */
final class ActiveSet {
  private static final String NAME = ActiveSetRanges.INPUT;

  private final GraphRecorder recorder;
  private final TreeSet<Double> borders = new TreeSet<>();
  private final Map<List<Integer>, OnnxValue> tables = new HashMap<>();
  private final Map<List<Integer>, OnnxValue> lookedUp = new HashMap<>();
  private OnnxValue index;
  private boolean isInput;

  ActiveSet(GraphRecorder recorder) {
    this.recorder = recorder;
  }

  /** Takes the ranges of a layer into account; before the first {@link #of}. */
  void add(PluginLayer layer) {
    if (layer.weightSets().size() > 1
        || layer.divisors().size() > 1
        || layer.biasSets().size() > 1) {
      for (WeightSet set : layer.parameters().sets()) {
        borders.add(set.range().start());
        borders.add(set.range().end());
      }
    }
  }

  /** Chooses by an index that the graph computes, int32 [1], from here on. */
  void choose(OnnxValue computed) {
    index = computed;
    lookedUp.clear();
  }

  /** Whether the graph has the input. */
  boolean isInput() {
    return isInput;
  }

  /** The index of what a layer chooses by the timestep, int32 [1]; empty if it has but one. */
  Optional<OnnxValue> of(PluginLayer layer, RangeChoice<?> choice) {
    if (choice.size() == 1) {
      return Optional.empty();
    }
    List<Integer> sets =
        ranges().ranges().stream()
            .map(range -> choice.ofRange().get(layer.parameters().setFor(range.start())))
            .toList();
    if (index == null) {
      index = recorder.input(NAME, ElementType.INT32, Shape.of(1));
      isInput = true;
    }
    boolean own = sets.equals(IntStream.range(0, sets.size()).boxed().toList());
    return Optional.of(own ? index : lookUp(sets));
  }

  private OnnxValue lookUp(List<Integer> sets) {
    return lookedUp.computeIfAbsent(
        sets,
        indices ->
            recorder
                .node("Gather")
                .of(NAME)
                .inputs(table(indices), index)
                .attribute("axis", 0)
                .result(ElementType.INT32, Shape.of(1)));
  }

  private OnnxValue table(List<Integer> sets) {
    return tables.computeIfAbsent(
        sets,
        indices ->
            recorder.constant(
                NAME + ".sets",
                IntegerConstant.of(
                    ElementType.INT32, indices.stream().mapToInt(Integer::intValue).toArray())));
  }

  /** What the values of the input stand for; none if there is no such input. */
  ActiveSetRanges ranges() {
    List<Double> all = List.copyOf(borders);
    List<TimestepRange> ranges = new ArrayList<>();
    for (int i = 1; i < all.size(); i++) {
      ranges.add(new TimestepRange(all.get(i - 1), all.get(i)));
    }
    return new ActiveSetRanges(ranges);
  }
}
