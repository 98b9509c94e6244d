package org.viditq.bench.pipeline;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.viditq.core.operators.Precision;
import org.viditq.cpp.NativeLibrary;
import org.viditq.onnx.OnnxOptions.LinearForm;

/** How a denoiser computes. */
enum Variant {
  FP32(Precision.FP32),
  BF16(Precision.BF16),
  W8A8("w8a8", Precision.FP32),
  W4A8("w4a8", Precision.FP32),
  W4A8_DYNAMIC("w4a8-dynamic", Precision.FP32),
  ONNX_RUNTIME_FP32("onnxruntime-fp32", LinearForm.FLOAT32),
  ONNX_RUNTIME_INT8("onnxruntime-dynamic-int8", LinearForm.DYNAMIC_INT8);

  private final String label;
  private final String plan;
  private final Precision precision;
  private final LinearForm peer;

  Variant(Precision precision) {
    this.label = precision.toString();
    this.plan = null;
    this.precision = precision;
    this.peer = null;
  }

  Variant(String plan, Precision precision) {
    this.label = plan;
    this.plan = plan;
    this.precision = precision;
    this.peer = null;
  }

  Variant(String label, LinearForm peer) {
    this.label = label;
    this.plan = null;
    this.precision = Precision.FP32;
    this.peer = peer;
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

  /** Name of the built-in plan that its weights are quantized by. */
  Optional<String> plan() {
    return Optional.ofNullable(plan);
  }

  /** How ONNX Runtime computes its linear layers; empty where we compute. */
  Optional<LinearForm> peer() {
    return Optional.ofNullable(peer);
  }

  /** As options, tables and JSON call it. */
  @Override
  public String toString() {
    return label;
  }
}
