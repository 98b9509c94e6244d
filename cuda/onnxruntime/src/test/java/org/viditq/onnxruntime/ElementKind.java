package org.viditq.onnxruntime;

import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnxruntime.OnnxJavaType;

/** The element types of our nodes, as ONNX and ONNX Runtime name them. */
enum ElementKind {
  FLOAT32(TensorProto.DataType.FLOAT, OnnxJavaType.FLOAT, 4),
  FLOAT16(TensorProto.DataType.FLOAT16, OnnxJavaType.FLOAT16, 2),
  BFLOAT16(TensorProto.DataType.BFLOAT16, OnnxJavaType.BFLOAT16, 2),
  INT8(TensorProto.DataType.INT8, OnnxJavaType.INT8, 1),
  INT32(TensorProto.DataType.INT32, OnnxJavaType.INT32, 4),
  INT64(TensorProto.DataType.INT64, OnnxJavaType.INT64, 8);

  final TensorProto.DataType proto;
  final OnnxJavaType java;
  final int bytes;

  ElementKind(TensorProto.DataType proto, OnnxJavaType java, int bytes) {
    this.proto = proto;
    this.java = java;
    this.bytes = bytes;
  }

  /** The field {@code output_type} of activations. */
  int field() {
    return switch (this) {
      case FLOAT32 -> 0;
      case FLOAT16 -> 1;
      case BFLOAT16 -> 2;
      default -> throw new IllegalStateException(this + " is no type of activations");
    };
  }

  static ElementKind of(OnnxJavaType type) {
    for (ElementKind kind : values()) {
      if (kind.java == type) {
        return kind;
      }
    }
    throw new IllegalStateException("No node of ours gives " + type);
  }
}
