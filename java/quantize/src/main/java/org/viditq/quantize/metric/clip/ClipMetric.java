package org.viditq.quantize.metric.clip;

import java.util.Set;

/**
 * A figure that says how good a picture or clip is, by itself, beside the full-precision one, or
 * beside its caption. {@link BuiltInMetric} has those without weights, {@link NetworkMetric} is one
 * that a network computes; {@link ClipMetrics} finds both by name.
 */
public interface ClipMetric extends AutoCloseable {
  /** Which way is better. */
  enum Direction {
    HIGHER("higher is better"),
    LOWER("lower is better"),
    /** Neither: what counts is how far it lies from that of the full-precision clip. */
    AS_REFERENCE("as full precision is better");

    private final String words;

    Direction(String words) {
      this.words = words;
    }

    /** For tables. */
    public String words() {
      return words;
    }
  }

  /** What it needs beside the clip's frames. */
  enum Need {
    /** The full-precision clip of the same noise. */
    REFERENCE,
    /** The prompt that the clip was made from. */
    CAPTION,
    /** Two frames or more. */
    SEVERAL_FRAMES
  }

  /** Short and in lower case: what options and files call it. */
  String id();

  /** Tells it from others of the same name: results that were made with one are not another's. */
  default String stamp() {
    return id();
  }

  Direction direction();

  Set<Need> needs();

  /**
   * The figure.
   *
   * @throws org.viditq.core.error.ViditqException if the clip lacks what is needed
   */
  double of(JudgedClip clip);

  /**
   * How much worse a clip is than the full-precision one, in the metric's own unit: positive where
   * it is worse, negative where it is better by chance; never negative for {@link
   * Direction#AS_REFERENCE}.
   *
   * @param reference figure of the full-precision clip
   * @param test figure of the other one
   */
  default double worsening(double reference, double test) {
    return switch (direction()) {
      case HIGHER -> reference - test;
      case LOWER -> test - reference;
      case AS_REFERENCE -> Math.abs(test - reference);
    };
  }

  /** Releases what it holds. */
  @Override
  default void close() {}
}
