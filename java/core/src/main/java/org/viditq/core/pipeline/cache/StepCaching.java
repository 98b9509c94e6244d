package org.viditq.core.pipeline.cache;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.viditq.core.error.Printable;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.cache.BlockPart;

/**
 * What steps of a sampling take from earlier ones; {@link #NONE} unless somebody asks for it. Three
 * kinds, which go together:
 *
 * <ul>
 *   <li>the residual of all blocks, until the estimated change of their input adds up to a
 *       threshold (TeaCache, Liu et al. 2024),
 *   <li>the outputs of attention and feed-forward layers, for a fixed number of steps (FORA,
 *       Selvaraju et al. 2024; Δ-DiT, Chen et al. 2024),
 *   <li>the outputs of cross attention, for all steps behind a part of the sampling (T-GATE, Zhang
 *       et al. 2024; Pyramid Attention Broadcast, Zhao et al. 2024).
 * </ul>
 *
 * @param threshold of the accumulated estimated change; empty to compute the blocks in every step
 * @param estimate of the change, used with a threshold
 * @param attentionEvery self and temporal attention are computed in one of so many steps
 * @param crossAttentionEvery likewise
 * @param feedForwardEvery likewise
 * @param crossAttentionUntil part of the steps, above 0, behind which cross attention is not
 *     computed any more; 1 for no end
 */
public record StepCaching(
    OptionalDouble threshold,
    ChangeEstimate estimate,
    int attentionEvery,
    int crossAttentionEvery,
    int feedForwardEvery,
    double crossAttentionUntil) {
  /** Every step computes everything. */
  public static final StepCaching NONE =
      new StepCaching(OptionalDouble.empty(), ChangeEstimate.IDENTITY, 1, 1, 1, 1);

  /** The threshold of {@code auto}: TeaCache publishes 0.1 to 0.2 for most of its models. */
  public static final double AUTOMATIC_THRESHOLD = 0.15;

  private static final String ADVICE =
      "; give none, auto, or one or more of threshold:X, interval:N, attention:N, feed-forward:N,"
          + " cross:PART, joined by commas.";

  public StepCaching {
    if (threshold.isPresent()
        && !(threshold.getAsDouble() >= 0 && Double.isFinite(threshold.getAsDouble()))) {
      throw new UsageException(
          "The caching threshold is " + threshold.getAsDouble() + ", but must be 0 or more.");
    }
    if (attentionEvery < 1 || crossAttentionEvery < 1 || feedForwardEvery < 1) {
      throw new UsageException("The interval of step caching must be at least 1 step.");
    }
    if (!(crossAttentionUntil > 0 && crossAttentionUntil <= 1)) {
      throw new UsageException(
          "Cross attention is kept from a part of the steps on that is "
              + crossAttentionUntil
              + ", but must lie above 0 and be at most 1.");
    }
  }

  /**
   * Reads what {@link #toString} writes, or {@code none} or {@code auto}.
   *
   * @param estimate of the model that it is for
   * @throws UsageException if it is something else
   */
  public static StepCaching parse(String text, ChangeEstimate estimate) {
    if (text.equals("none")) {
      return NONE;
    }
    if (text.equals("auto")) {
      return threshold(AUTOMATIC_THRESHOLD, estimate);
    }
    StepCaching caching = NONE;
    List<String> seen = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      int colon = part.indexOf(':');
      String kind = colon < 0 ? part : part.substring(0, colon);
      String value = colon < 0 ? "" : part.substring(colon + 1);
      if (seen.contains(kind)) {
        throw refused(text, kind + " is there twice");
      }
      seen.add(kind);
      caching = caching.with(kind, value, estimate, text);
    }
    if (seen.contains("interval")
        && (seen.contains("attention") || seen.contains("feed-forward"))) {
      throw refused(text, "interval stands for attention and feed-forward already");
    }
    return caching;
  }

  private StepCaching with(String kind, String value, ChangeEstimate fitted, String text) {
    return switch (kind) {
      case "threshold" ->
          new StepCaching(
              OptionalDouble.of(number(value, text)),
              fitted,
              attentionEvery,
              crossAttentionEvery,
              feedForwardEvery,
              crossAttentionUntil);
      case "interval" -> every(whole(value, text), whole(value, text));
      case "attention" -> every(whole(value, text), feedForwardEvery);
      case "feed-forward" -> every(attentionEvery, whole(value, text));
      case "cross" ->
          new StepCaching(
              threshold,
              estimate,
              attentionEvery,
              crossAttentionEvery,
              feedForwardEvery,
              number(value, text));
      default -> throw refused(text, Printable.name(kind) + " is no kind of caching");
    };
  }

  private StepCaching every(int attention, int feedForward) {
    return new StepCaching(
        threshold, estimate, attention, attention, feedForward, crossAttentionUntil);
  }

  private static double number(String value, String text) {
    try {
      return Double.parseDouble(value);
    } catch (NumberFormatException malformed) {
      throw refused(text, Printable.name(value) + " is no number");
    }
  }

  private static int whole(String value, String text) {
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException malformed) {
      throw refused(text, Printable.name(value) + " is no whole number");
    }
  }

  private static UsageException refused(String text, String reason) {
    return new UsageException(
        "The caching " + Printable.name(text) + " cannot be used: " + reason + ADVICE);
  }

  /**
   * What is said where nothing is kept between evaluations.
   *
   * @param asked the option that asks for it
   */
  public static UsageException unsupported(String asked) {
    return new UsageException(
        "Step caching ("
            + asked
            + ") needs a backend that computes operator by operator, and this one runs networks as"
            + " a whole; leave it out, or take --backend native.");
  }

  /**
   * Checks whether networks that run as a whole can do it: they have the residual of all blocks,
   * and nothing of their parts.
   *
   * @throws UsageException if outputs of parts would be kept
   */
  public void requireOfWholeNetworks() {
    boolean ofParts =
        attentionEvery > 1
            || crossAttentionEvery > 1
            || feedForwardEvery > 1
            || crossAttentionUntil < 1;
    if (ofParts) {
      throw new UsageException(
          "Step caching (--cache "
              + this
              + ") keeps outputs of the blocks' parts, which a backend that runs networks as a"
              + " whole does not have; take auto or threshold:X, or --backend native.");
    }
  }

  /** Only the residual of all blocks. */
  public static StepCaching threshold(double threshold, ChangeEstimate estimate) {
    return new StepCaching(OptionalDouble.of(threshold), estimate, 1, 1, 1, 1);
  }

  /** Every part of every block in one of so many steps. */
  public static StepCaching interval(int steps) {
    return NONE.every(steps, steps);
  }

  /** Whether a step may take anything from an earlier one. */
  public boolean isOn() {
    return !equals(NONE);
  }

  /** Whether the pictures of a batch are decided, and so computed, one by one. */
  public boolean apart() {
    return threshold.isPresent();
  }

  /**
   * A part is computed if it was last computed so many evaluations ago, or never.
   *
   * @param index of the evaluation, 0 first
   * @param evaluations of the sampling
   */
  int every(BlockPart part, int index, int evaluations) {
    return switch (part) {
      case SELF_ATTENTION, TEMPORAL_ATTENTION -> attentionEvery;
      case FEED_FORWARD -> feedForwardEvery;
      case CROSS_ATTENTION -> {
        int last = Math.max(1, (int) Math.ceil(crossAttentionUntil * evaluations)) - 1;
        yield crossAttentionUntil < 1 && index >= last ? Integer.MAX_VALUE : crossAttentionEvery;
      }
    };
  }

  /** Whether values of such parts are kept at any time. */
  public boolean keeps(BlockPart part) {
    return every(part, Integer.MAX_VALUE, 1) > 1;
  }

  /** As {@link #parse} takes it; without the estimate. */
  @Override
  public String toString() {
    List<String> parts = new ArrayList<>();
    threshold.ifPresent(value -> parts.add("threshold:" + value));
    if (attentionEvery > 1 && attentionEvery == feedForwardEvery) {
      parts.add("interval:" + attentionEvery);
    } else {
      if (attentionEvery > 1) {
        parts.add("attention:" + attentionEvery);
      }
      if (feedForwardEvery > 1) {
        parts.add("feed-forward:" + feedForwardEvery);
      }
    }
    if (crossAttentionUntil < 1) {
      parts.add("cross:" + crossAttentionUntil);
    }
    return parts.isEmpty() ? "none" : String.join(",", parts);
  }

  /** All that decides about results, as a text that is the same in every process. */
  public String key() {
    return threshold.isPresent() ? this + " " + estimate : toString();
  }
}
