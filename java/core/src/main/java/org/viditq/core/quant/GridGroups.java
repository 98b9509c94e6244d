package org.viditq.core.quant;

import java.util.Arrays;
import java.util.Optional;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.ActivationQuantization.DynamicTokenShared;
import org.viditq.core.quant.ActivationQuantization.StaticTensor;
import org.viditq.core.quant.ActivationQuantization.StaticToken;
import org.viditq.core.tensor.Shape;

/**
 * Which rows of a tensor share a grid under a scheme, and what the grids are: row r of x belongs to
 * group r mod {@link #count()}.
 *
 * <p>A backend measures the smallest and largest value of each group where the scheme is dynamic,
 * and leaves the rules about grids to this class.
 */
public final class GridGroups {
  private final ActivationQuantization scheme;
  private final int count;

  /** Groups that one published "call" sees, for {@link SmallScaleRule}. */
  private final int groupsPerCall;

  private GridGroups(ActivationQuantization scheme, int count, int groupsPerCall) {
    this.scheme = scheme;
    this.count = count;
    this.groupsPerCall = groupsPerCall;
  }

  /**
   * @param x [.., C]; [B, N, C] for the schemes that go by token index
   * @throws ShapeException if x has another rank, or another N than was calibrated
   * @throws NonFiniteException if a calibrated scale is not finite and above 0
   */
  public static GridGroups of(ActivationQuantization scheme, Shape x) {
    if (x.rank() < 1 || x.size() == 0) {
      throw new ShapeException("Operator quantize takes x [.., C] with values, not " + x + ".");
    }
    calibrated(scheme)
        .ifPresent(grid -> grid.requireUsable("A calibrated scale given to operator quantize"));
    if (scheme instanceof StaticTensor) {
      return new GridGroups(scheme, 1, 1);
    }
    if (scheme instanceof DynamicToken) {
      return new GridGroups(scheme, x.rows(), x.rank() == 3 ? x.dim(1) : x.rows());
    }
    if (x.rank() != 3) {
      throw new ShapeException(
          "Operator quantize takes x [B, N, C] by token index, not "
              + x
              + "; keep layers whose input has no tokens, such as the timestep embedder's, in full"
              + " precision.");
    }
    if (scheme instanceof StaticToken fixed && fixed.grid().groups() != x.dim(1)) {
      throw new ShapeException(
          "Operator quantize has grids for "
              + fixed.grid().groups()
              + " token indices, but x is "
              + x
              + ".");
    }
    return new GridGroups(scheme, x.dim(1), x.dim(1));
  }

  /** Number of groups; divides the number of rows. */
  public int count() {
    return count;
  }

  /** The calibrated grid of a static scheme; empty if it must be measured. */
  public Optional<AffineGrid> calibrated() {
    return calibrated(scheme);
  }

  /** The calibrated grid of a static scheme; empty if it must be measured. */
  public static Optional<AffineGrid> calibrated(ActivationQuantization scheme) {
    if (scheme instanceof StaticTensor fixed) {
      return Optional.of(fixed.grid());
    }
    return scheme instanceof StaticToken fixed ? Optional.of(fixed.grid()) : Optional.empty();
  }

  /**
   * The grid of a dynamic scheme.
   *
   * @param lo smallest value per group, finite
   * @param hi largest value per group, finite
   * @param what begins the message, for example "The input of quantized layer proj_out"
   * @throws NonFiniteException if hi - lo of a group is beyond float32
   */
  public AffineGrid measured(float[] lo, float[] hi, String what) {
    float[] scale = new float[count];
    int[] zeroPoint = new int[count];
    for (int from = 0; from < count; from += groupsPerCall) {
      int to = from + groupsPerCall;
      AffineGrid call =
          MinMaxGrid.of(
              scheme.format(),
              Arrays.copyOfRange(lo, from, to),
              Arrays.copyOfRange(hi, from, to),
              smallScales());
      for (float s : call.scale()) {
        if (Float.isInfinite(s)) {
          throw new NonFiniteException(
              what + " has a range beyond float32; check where it came from.");
        }
      }
      System.arraycopy(call.scale(), 0, scale, from, groupsPerCall);
      System.arraycopy(call.zeroPoint(), 0, zeroPoint, from, groupsPerCall);
    }
    return new AffineGrid(scheme.format(), scale, zeroPoint);
  }

  private SmallScaleRule smallScales() {
    if (scheme instanceof DynamicToken dynamic) {
      return dynamic.smallScales();
    }
    if (scheme instanceof DynamicTokenShared shared) {
      return shared.smallScales();
    }
    throw new BackendException("Activation scheme " + scheme + " has no measured grid.");
  }
}
