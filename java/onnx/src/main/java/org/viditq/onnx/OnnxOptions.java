package org.viditq.onnx;

/**
 * How operators are lowered where there is more than one way.
 *
 * @param dialect whose nodes quantized layers become
 * @param linear how full-precision layers are computed
 * @param attention how attention is computed
 * @param format what is computed with where it is not integers; inputs and outputs of graphs are
 *     float32 all the same
 * @param openExtents whether position tables become nodes that compute them, as a graph for all
 *     extents needs; see {@link DenoiserGraph#recordOpen}
 */
public record OnnxOptions(
    Dialect dialect,
    LinearForm linear,
    AttentionForm attention,
    FloatFormat format,
    boolean openExtents) {
  /** float32, in ONNX's own operators only: what every engine reads. */
  public static final OnnxOptions STANDARD =
      new OnnxOptions(LinearForm.FLOAT32, AttentionForm.STANDARD);

  /** float32 in the portable dialect, for the extents that are recorded. */
  public OnnxOptions(LinearForm linear, AttentionForm attention) {
    this(Dialect.PORTABLE, linear, attention, FloatFormat.FP32, false);
  }

  /** The plugin dialect for the extents that are recorded. */
  public static OnnxOptions plugin(FloatFormat format, AttentionForm attention) {
    return new OnnxOptions(Dialect.PLUGIN, LinearForm.FLOAT32, attention, format, false);
  }

  /** The same for all extents. */
  public OnnxOptions open() {
    return new OnnxOptions(dialect, linear, attention, format, true);
  }

  /** The same in another format. */
  public OnnxOptions in(FloatFormat other) {
    return new OnnxOptions(dialect, linear, attention, other, openExtents);
  }

  /** The version of ONNX's own operators that the nodes are of. */
  int opset() {
    return dialect == Dialect.PLUGIN || attention == AttentionForm.NODE ? 23 : 20;
  }

  /** Whose nodes a graph has. */
  public enum Dialect {
    /** ONNX's own, of opset 20. */
    PORTABLE,
    /**
     * Quantized layers as the plugins that docs/plugins.md describes, the rest in ONNX's own of
     * opset 23. What has no quantized layer needs no plugin.
     */
    PLUGIN
  }

  /** How full-precision linear layers are computed. */
  public enum LinearForm {
    /** As they are. */
    FLOAT32,
    /**
     * As ONNX Runtime's dynamic quantization does it: symmetric 8-bit weights with a scale per
     * output channel, 8-bit activations with one scale and zero point for the whole tensor.
     */
    DYNAMIC_INT8
  }

  /** How attention is computed. */
  public enum AttentionForm {
    /** Two products and a softmax. */
    STANDARD,
    /** ONNX Runtime's fused operator MultiHeadAttention, which only it knows. */
    ONNX_RUNTIME,
    /** ONNX's own operator Attention of opset 23. */
    NODE
  }
}
