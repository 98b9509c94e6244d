package org.viditq.quantize.calibrate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.viditq.core.quant.TimestepRange;

/**
 * What a file's metadata says about second moments: ranges as {@code 0-500,501-1000}, closed as in
 * plans; and a line per input, the layers that have it separated by tabs, the one that its tensors
 * are called by first.
 */
public final class SecondMomentsText {
  private static final int LAST = 1000;
  private static final String FOUND = "found:";
  private static final int MOST_FOUND = 20;

  private SecondMomentsText() {}

  /** As {@link #ranges(String)} reads them. */
  public static String ranges(List<TimestepRange> ranges) {
    List<String> texts = new ArrayList<>();
    for (TimestepRange range : ranges) {
      texts.add((int) range.start() + "-" + ((int) range.end() - 1));
    }
    return String.join(",", texts);
  }

  /**
   * N of {@code found:N}, which stands for ranges that are found; empty for other texts.
   *
   * @throws IllegalArgumentException if N is no number from 1 to 20; the message says what is
   *     wrong, in words that follow "because"
   */
  public static OptionalInt found(String text) {
    if (!text.startsWith(FOUND)) {
      return OptionalInt.empty();
    }
    String number = text.substring(FOUND.length());
    int count = number.matches("[0-9]{1,3}") ? Integer.parseInt(number) : 0;
    if (count < 1 || count > MOST_FOUND) {
      throw new IllegalArgumentException("found: is followed by a number from 1 to " + MOST_FOUND);
    }
    return OptionalInt.of(count);
  }

  /**
   * @param text closed ranges of whole timesteps from 0 to 1000 without gaps, such as {@code
   *     0-500,501-1000}
   * @throws IllegalArgumentException if it is something else; the message says what is wrong, in
   *     words that follow "because"
   */
  public static List<TimestepRange> ranges(String text) {
    List<TimestepRange> ranges = new ArrayList<>();
    int next = 0;
    for (String part : text.split(",", -1)) {
      String[] ends = part.strip().split("-", -1);
      int[] bounds = new int[2];
      for (int i = 0; i < 2; i++) {
        if (ends.length != 2 || !ends[i].matches("[0-9]{1,4}")) {
          throw new IllegalArgumentException("\"" + part + "\" is no range such as 0-500");
        }
        bounds[i] = Integer.parseInt(ends[i]);
      }
      if (bounds[0] != next || bounds[1] < bounds[0] || bounds[1] > LAST) {
        throw new IllegalArgumentException(
            "\"" + part + "\" does not begin at " + next + " and end by " + LAST);
      }
      ranges.add(TimestepRange.closed(bounds[0], bounds[1]));
      next = bounds[1] + 1;
    }
    if (next != LAST + 1) {
      throw new IllegalArgumentException("timesteps " + next + " to " + LAST + " are in no range");
    }
    return ranges;
  }

  static String inputs(Map<String, String> inputs) {
    Map<String, List<String>> layers = new TreeMap<>();
    inputs.forEach(
        (layer, input) -> {
          List<String> own = layers.computeIfAbsent(input, i -> new ArrayList<>(List.of(i)));
          if (!layer.equals(input)) {
            own.add(layer);
          }
        });
    return String.join("\n", layers.values().stream().map(own -> String.join("\t", own)).toList());
  }

  static Map<String, String> inputs(String text) {
    Map<String, String> inputs = new LinkedHashMap<>();
    text.lines()
        .forEach(
            line -> {
              String[] layers = line.split("\t");
              for (String layer : layers) {
                inputs.put(layer, layers[0]);
              }
            });
    return inputs;
  }
}
