package org.viditq.core.quant;

/**
 * Half-open interval of diffusion timesteps [start, end).
 *
 * <p>Published plans write closed integer intervals ([0,500],[501,1000]); a fractional time such as
 * 500.5 belongs to none of them, so they are read as [0,501),[501,1001).
 *
 * @param start first timestep
 * @param end first timestep behind the range
 */
public record TimestepRange(double start, double end) {
  /** Every timestep of a 1000-step schedule. */
  public static final TimestepRange ALL = new TimestepRange(0, 1001);

  public TimestepRange {
    if (!(start < end)) {
      throw new IllegalArgumentException(
          "Timestep range [" + start + ", " + end + ") is empty; start must be below end.");
    }
  }

  /** The closed integer interval [start, end] of a published plan. */
  public static TimestepRange closed(int start, int end) {
    return new TimestepRange(start, end + 1);
  }

  /** Whether {@code timestep}, which may be fractional, lies in it. */
  public boolean contains(double timestep) {
    return timestep >= start && timestep < end;
  }
}
