package org.viditq.onnx;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.Printable;
import org.viditq.core.quant.TimestepRange;

/**
 * What the values of a graph's input {@value #INPUT} stand for: the timesteps between any two where
 * some layer changes its weights.
 *
 * @param ranges one behind the other; none for graphs without that input
 */
public record ActiveSetRanges(List<TimestepRange> ranges) {
  /** Name of the input that chooses the weight sets of quantized layers, int32 [1]. */
  public static final String INPUT = "active_set";

  /** Where the metadata of a model says what the values stand for: {@code [0,501) [501,1001)}. */
  public static final String METADATA = "viditq.active_set";

  private static final Pattern RANGE = Pattern.compile("\\[([0-9.E+-]{1,24}),([0-9.E+-]{1,24})\\)");

  private static final int MOST = 4096;

  /** Whole numbers below it are written as such. */
  private static final double LARGEST_WHOLE = 1e15;

  public ActiveSetRanges {
    ranges = List.copyOf(ranges);
  }

  /**
   * Reads what {@link #describe} gave.
   *
   * @param description the metadata of a model; the empty text where it has none
   * @throws InvalidModelException if it is something else
   */
  public static ActiveSetRanges parse(String description) {
    List<TimestepRange> ranges = new ArrayList<>();
    for (String part : description.isEmpty() ? new String[0] : description.split(" ", MOST + 1)) {
      Matcher range = RANGE.matcher(part);
      if (ranges.size() == MOST || !range.matches()) {
        throw unreadable(description);
      }
      try {
        double start = Double.parseDouble(range.group(1)) + 0.0; // not -0.0
        if (!ranges.isEmpty() && ranges.get(ranges.size() - 1).end() != start) {
          throw unreadable(description);
        }
        ranges.add(new TimestepRange(start, Double.parseDouble(range.group(2)) + 0.0));
      } catch (IllegalArgumentException wrong) { // NumberFormatException is one, too
        throw unreadable(description);
      }
    }
    return new ActiveSetRanges(ranges);
  }

  private static InvalidModelException unreadable(String description) {
    return new InvalidModelException(
        "The graph's metadata "
            + METADATA
            + " is "
            + Printable.name(description)
            + ", but has to list timestep ranges that follow each other, such as [0,501)"
            + " [501,1001); export the graph again.");
  }

  /** The value of the input at a timestep: its range, the nearest one outside all. */
  public int at(double timestep) {
    for (int i = 0; i < ranges.size(); i++) {
      if (timestep < ranges.get(i).end()) {
        return i;
      }
    }
    return Math.max(0, ranges.size() - 1);
  }

  /** For a model's metadata: {@code [0,501) [501,1001)}. */
  public String describe() {
    return ranges.stream()
        .map(range -> "[" + number(range.start()) + "," + number(range.end()) + ")")
        .collect(Collectors.joining(" "));
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < LARGEST_WHOLE
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
