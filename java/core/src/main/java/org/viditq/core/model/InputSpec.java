package org.viditq.core.model;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.viditq.core.error.UsageException;

/**
 * What a denoiser input looks like.
 *
 * @param name one of {@link InputNames}
 * @param axes its extents in order: those that are known and those that a caller chooses
 * @param optional whether an evaluation may leave it out
 */
public record InputSpec(String name, List<Axis> axes, boolean optional) {
  public InputSpec {
    axes = List.copyOf(axes);
  }

  /** An input that every evaluation needs. */
  public static InputSpec of(String name, Axis... axes) {
    return new InputSpec(name, List.of(axes), false);
  }

  /** An input that may be left out. */
  public static InputSpec optional(String name, Axis... axes) {
    return new InputSpec(name, List.of(axes), true);
  }

  /** Its extents for messages: [batch, tokens, 4096]. */
  public String describe() {
    return axes.stream()
        .map(axis -> axis.isFixed() ? String.valueOf(axis.fixed()) : axis.name())
        .collect(Collectors.joining(", ", "[", "]"));
  }

  /**
   * The extents with the chosen ones filled in.
   *
   * @param chosen by axis name
   * @throws UsageException if one is missing
   */
  public int[] shape(Map<String, Integer> chosen) {
    return axes.stream().mapToInt(axis -> axis.extent(chosen)).toArray();
  }

  /**
   * One axis.
   *
   * @param name of an extent that is chosen per evaluation, equal wherever it occurs; empty if
   *     fixed
   * @param fixed the extent; 0 if chosen
   */
  public record Axis(String name, int fixed) {
    /** Samples. */
    public static final Axis BATCH = named("batch");

    /** Frames of latents. */
    public static final Axis FRAMES = named("frames");

    /** Rows of latents. */
    public static final Axis HEIGHT = named("height");

    /** Columns of latents. */
    public static final Axis WIDTH = named("width");

    /** Text tokens, padding included. */
    public static final Axis TOKENS = named("tokens");

    /** Text tokens of a second encoder. */
    public static final Axis TOKENS_2 = named("tokens_2");

    /** An extent that is chosen per evaluation. */
    public static Axis named(String name) {
      return new Axis(name, 0);
    }

    /** A known extent. */
    public static Axis fixed(int extent) {
      return new Axis("", extent);
    }

    public boolean isFixed() {
      return name.isEmpty();
    }

    private int extent(Map<String, Integer> chosen) {
      if (isFixed()) {
        return fixed;
      }
      Integer extent = chosen.get(name);
      if (extent == null) {
        throw new UsageException("The extent of axis " + name + " must be chosen.");
      }
      return extent;
    }
  }
}
