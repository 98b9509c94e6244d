package org.viditq.onnx;

import java.util.Optional;
import java.util.stream.IntStream;
import org.viditq.core.quant.ActivationQuantization;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.ActivationQuantization.DynamicTokenShared;
import org.viditq.core.quant.AffineGrid;
import org.viditq.core.quant.GridGroups;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.MinMaxGrid;
import org.viditq.core.quant.SmallScaleRule;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * Quantizes activations by the schemes of ViDiT-Q in ONNX's own operators, to the same codes as the
 * reference: {@link MinMaxGrid} and {@link AffineGrid#encode}, float32 division and rounding half
 * to even included.
 *
 * <p>One case aside: under {@link SmallScaleRule#ALL_GROUPS_AS_PUBLISHED} zero points can be beyond
 * 2^24, and codes then off by the rounding of float32.
 */
final class ActivationQuantizer {
  /** Lifts the codes of symmetric formats to unsigned bytes. */
  private static final int SIGNED_OFFSET = 128;

  private final GraphRecorder recorder;
  private final PointwiseLowering pointwise;

  ActivationQuantizer(GraphRecorder recorder, PointwiseLowering pointwise) {
    this.recorder = recorder;
    this.pointwise = pointwise;
  }

  /**
   * x is scale * (codes - zeroPoint), broadcast.
   *
   * @param codes uint8, shaped as x
   * @param scale float32
   * @param zeroPoint int64
   */
  record Quantized(OnnxValue codes, OnnxValue scale, OnnxValue zeroPoint) {}

  /** Both float32. */
  private record Grid(OnnxValue scale, OnnxValue zeroPoint) {}

  /**
   * Codes of x / s.
   *
   * @param x [.., C]; [B, N, C] for the schemes that go by token index
   * @param balance s [C]; empty for 1
   * @throws org.viditq.core.error.ShapeException if x does not go with the scheme
   */
  Quantized quantize(OnnxValue x, Optional<OnnxValue> balance, ActivationQuantization scheme) {
    GridGroups groups = GridGroups.of(scheme, x.shape());
    IntegerFormat format = scheme.format();
    OnnxValue balanced = balance.map(s -> pointwise.combine("Div", x, s)).orElse(x);
    Grid grid =
        groups.calibrated().map(this::calibrated).orElseGet(() -> measured(balanced, scheme));
    OnnxValue steps = round(pointwise.combine("Div", balanced, grid.scale()));
    OnnxValue clipped =
        recorder
            .node("Clip")
            .inputs(
                pointwise.combine("Add", steps, grid.zeroPoint()),
                recorder.scalar(format.minCode()),
                recorder.scalar(format.maxCode()))
            .result(x.shape());
    return new Quantized(
        pointwise.cast(unsigned(clipped, format), ElementType.UINT8),
        grid.scale(),
        pointwise.cast(unsigned(grid.zeroPoint(), format), ElementType.INT64));
  }

  private OnnxValue unsigned(OnnxValue code, IntegerFormat format) {
    return format.symmetric()
        ? pointwise.combine("Add", code, recorder.scalar(SIGNED_OFFSET))
        : code;
  }

  /** One group for all of x, or one per token index. */
  private Grid calibrated(AffineGrid grid) {
    int groups = grid.groups();
    float[] zeroPoint = new float[groups];
    for (int g = 0; g < groups; g++) {
      zeroPoint[g] = grid.zeroPoint()[g];
    }
    int[] dims = groups == 1 ? new int[] {} : new int[] {groups, 1};
    return new Grid(
        recorder.constant(Tensor.of(grid.scale(), dims)),
        recorder.constant(Tensor.of(zeroPoint, dims)));
  }

  private Grid measured(OnnxValue x, ActivationQuantization scheme) {
    IntegerFormat format = scheme.format();
    boolean shared = scheme instanceof DynamicTokenShared;
    int last = x.shape().rank() - 1;
    int[] axes = shared ? new int[] {0, last} : new int[] {last};
    OnnxValue zero = recorder.scalar(0);
    OnnxValue lo = pointwise.combine("Min", reduce("ReduceMin", x, axes), zero);
    OnnxValue hi = pointwise.combine("Max", reduce("ReduceMax", x, axes), zero);
    OnnxValue below = recorder.node("Neg").inputs(lo).result(lo.shape());
    OnnxValue range =
        format.symmetric() ? pointwise.combine("Max", below, hi) : pointwise.combine("Sub", hi, lo);
    OnnxValue raw = pointwise.combine("Div", range, recorder.scalar(format.steps()));
    OnnxValue scale = widened(raw, ruleOf(scheme));
    OnnxValue zeroPoint = format.symmetric() ? zero : round(pointwise.combine("Div", below, scale));
    return new Grid(scale, zeroPoint);
  }

  private static SmallScaleRule ruleOf(ActivationQuantization scheme) {
    return scheme instanceof DynamicToken token
        ? token.smallScales()
        : ((DynamicTokenShared) scheme).smallScales();
  }

  /** No scale below the smallest that is kept. */
  private OnnxValue widened(OnnxValue scale, SmallScaleRule rule) {
    OnnxValue smallest = recorder.scalar(MinMaxGrid.MIN_SCALE);
    if (rule == SmallScaleRule.PER_GROUP) {
      return pointwise.combine("Max", scale, smallest);
    }
    // A published call sees the tokens of one sample, or all rows where x has no samples.
    int rank = scale.shape().rank();
    int[] call = rank == 3 ? new int[] {1} : IntStream.range(0, rank).toArray();
    OnnxValue least = reduce("ReduceMin", scale, call);
    OnnxValue tooSmall =
        recorder.node("Less").inputs(least, smallest).result(ElementType.BOOL, least.shape());
    return recorder.node("Where").inputs(tooSmall, smallest, scale).result(scale.shape());
  }

  private OnnxValue reduce(String operator, OnnxValue x, int[] axes) {
    int[] dims = x.shape().toArray();
    for (int axis : axes) {
      dims[axis] = 1;
    }
    return recorder
        .node(operator)
        .inputs(x, recorder.indices(axes))
        .attribute("keepdims", 1)
        .result(Shape.of(dims));
  }

  /** Half to even. */
  private OnnxValue round(OnnxValue x) {
    return recorder.node("Round").inputs(x).result(x.shape());
  }
}
