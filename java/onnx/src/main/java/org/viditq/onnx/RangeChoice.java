package org.viditq.onnx;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;

/**
 * Something that a layer has for each of its ranges of timesteps, with equal ones kept once.
 *
 * @param values those that are not equal to an earlier one
 * @param ofRange for each range, which of them it has
 */
record RangeChoice<T>(List<T> values, List<Integer> ofRange) {

  /**
   * @param ofRanges for each range
   * @param equal whether two are the same
   */
  static <T> RangeChoice<T> of(List<T> ofRanges, BiPredicate<T, T> equal) {
    List<T> values = new ArrayList<>();
    List<Integer> indices = new ArrayList<>();
    for (T value : ofRanges) {
      int index = 0;
      while (index < values.size() && !equal.test(values.get(index), value)) {
        index++;
      }
      if (index == values.size()) {
        values.add(value);
      }
      indices.add(index);
    }
    return new RangeChoice<>(List.copyOf(values), List.copyOf(indices));
  }

  /** How many differ. */
  int size() {
    return values.size();
  }
}
