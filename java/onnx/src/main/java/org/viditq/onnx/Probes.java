package org.viditq.onnx;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.viditq.core.model.InputSpec.Axis;

/**
 * Extents that a graph for all extents is recorded with.
 *
 * @param names of those that are chosen when it is run
 * @param values [recordings][extents] as {@link Extent#fit} takes them
 */
record Probes(List<String> names, int[][] values) {
  /**
   * Multiples of an extent's unit: those of the first recording, of the one where this extent alone
   * is another, and of the one where all are. No two extents have one in common in a recording, and
   * heights and widths are multiples of what a model may divide them by beyond its patches. Texts
   * are short, as position tables may be.
   */
  private static final Map<String, int[]> MULTIPLES =
      Map.of(
          Axis.BATCH.name(), new int[] {2, 3, 5},
          Axis.FRAMES.name(), new int[] {3, 5, 7},
          Axis.HEIGHT.name(), new int[] {12, 36, 24},
          Axis.WIDTH.name(), new int[] {24, 60, 36},
          Axis.TOKENS.name(), new int[] {5, 7, 8},
          Axis.TOKENS_2.name(), new int[] {19, 23, 29});

  /**
   * @param units what extents are multiples of; 1 for those that are not in it
   * @param square whether height and width are the same
   */
  static Probes of(List<GraphInput> inputs, Map<String, Integer> units, boolean square) {
    Set<String> chosen = new LinkedHashSet<>();
    for (GraphInput input : inputs) {
      for (Axis axis : input.spec().axes()) {
        if (!axis.isFixed() && !(square && axis.equals(Axis.WIDTH))) {
          chosen.add(axis.name());
        }
      }
    }
    List<String> names = List.copyOf(chosen);
    int[][] values = new int[names.size() + 2][names.size()];
    for (int i = 0; i < names.size(); i++) {
      int unit = units.getOrDefault(names.get(i), 1);
      int[] multiples = MULTIPLES.get(names.get(i));
      for (int[] recording : values) {
        recording[i] = unit * multiples[0];
      }
      values[i + 1][i] = unit * multiples[1];
      values[names.size() + 1][i] = unit * multiples[2];
    }
    return new Probes(names, values);
  }

  int recordings() {
    return values.length;
  }

  /** The extents of a recording by name; of a square, also the width. */
  Map<String, Integer> chosen(int recording) {
    Map<String, Integer> chosen = new HashMap<>();
    for (int i = 0; i < names.size(); i++) {
      chosen.put(names.get(i), values[recording][i]);
    }
    if (chosen.containsKey(Axis.HEIGHT.name())) {
      chosen.putIfAbsent(Axis.WIDTH.name(), chosen.get(Axis.HEIGHT.name()));
    }
    return chosen;
  }
}
