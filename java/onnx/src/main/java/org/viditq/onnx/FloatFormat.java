package org.viditq.onnx;

/** What is computed with where it is not integers. */
public enum FloatFormat {
  FP32(ElementType.FLOAT),
  FP16(ElementType.FLOAT16),
  BF16(ElementType.BFLOAT16);

  private final ElementType type;

  FloatFormat(ElementType type) {
    this.type = type;
  }

  ElementType type() {
    return type;
  }
}
