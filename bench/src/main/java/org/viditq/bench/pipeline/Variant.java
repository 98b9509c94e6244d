package org.viditq.bench.pipeline;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.viditq.core.model.AttentionPrecisions;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.operators.Precision;
import org.viditq.cpp.NativeLibrary;
import org.viditq.onnx.OnnxOptions.LinearForm;
import org.viditq.quantize.plan.BuiltInPlans;
import org.viditq.quantize.plan.QuantizationPlan;

/** How a denoiser computes. */
enum Variant {
  FP32(Precision.FP32),
  BF16(Precision.BF16),
  W8A8("w8a8", AttentionPrecision.FP32),
  W8A8_ATTENTION_BF16("w8a8", AttentionPrecision.BF16),
  W8A8_ATTENTION_INT8("w8a8", AttentionPrecision.INT8),
  W4A8("w4a8", AttentionPrecision.FP32),
  W4A8_DYNAMIC("w4a8-dynamic", AttentionPrecision.FP32),
  ONNX_RUNTIME_FP32("onnxruntime-fp32", LinearForm.FLOAT32),
  ONNX_RUNTIME_INT8("onnxruntime-dynamic-int8", LinearForm.DYNAMIC_INT8),
  ONNX_RUNTIME_W8A8("onnxruntime-w8a8", "w8a8"),
  ONNX_RUNTIME_W4A8("onnxruntime-w4a8", "w4a8"),
  ONNX_RUNTIME_W4A8_DYNAMIC("onnxruntime-w4a8-dynamic", "w4a8-dynamic");

  private final String label;
  private final String plan;
  private final AttentionPrecision attention;
  private final Precision precision;
  private final LinearForm peer;
  private final boolean ourOperators;

  Variant(Precision precision) {
    this(precision.toString(), null, AttentionPrecision.FP32, precision, null, false);
  }

  Variant(String plan, AttentionPrecision attention) {
    this(plan + inAttention(attention), plan, attention, Precision.FP32, null, false);
  }

  Variant(String label, LinearForm peer) {
    this(label, null, AttentionPrecision.FP32, Precision.FP32, peer, false);
  }

  Variant(String label, String plan) {
    this(label, plan, AttentionPrecision.FP32, Precision.FP32, null, true);
  }

  Variant(
      String label,
      String plan,
      AttentionPrecision attention,
      Precision precision,
      LinearForm peer,
      boolean ourOperators) {
    this.label = label;
    this.plan = plan;
    this.attention = attention;
    this.precision = precision;
    this.peer = peer;
    this.ourOperators = ourOperators;
  }

  private static String inAttention(AttentionPrecision precision) {
    return precision == AttentionPrecision.FP32 ? "" : "-attention-" + precision;
  }

  /** Those that this processor has instructions for. */
  static Set<Variant> supported() {
    Set<Variant> all = EnumSet.allOf(Variant.class);
    all.removeIf(variant -> !NativeLibrary.supports(variant.precision));
    return all;
  }

  /** Of the linear layers that are not quantized. */
  Precision precision() {
    return precision;
  }

  /**
   * The plan that its weights are quantized by, a built-in one, with one precision for all
   * attention.
   */
  Optional<QuantizationPlan> plan() {
    return Optional.ofNullable(plan)
        .map(name -> BuiltInPlans.get(name).withAttention(AttentionPrecisions.all(attention)));
  }

  /** How ONNX Runtime computes linear layers with operators of its own; empty where ours do. */
  Optional<LinearForm> peer() {
    return Optional.ofNullable(peer);
  }

  /** Whether ONNX Runtime computes, quantized layers with our operators. */
  boolean hasOurOperators() {
    return ourOperators;
  }

  /** Whether our native backend computes. */
  boolean isNative() {
    return peer == null && !ourOperators;
  }

  /** As options, tables and JSON call it. */
  @Override
  public String toString() {
    return label;
  }
}
