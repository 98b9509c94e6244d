package org.viditq.onnx;

/** How operators are lowered where there is more than one way. */
public record OnnxOptions(LinearForm linear, AttentionForm attention) {
  /** float32, in ONNX's own operators only: what every engine reads. */
  public static final OnnxOptions STANDARD =
      new OnnxOptions(LinearForm.FLOAT32, AttentionForm.STANDARD);

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
    ONNX_RUNTIME
  }
}
