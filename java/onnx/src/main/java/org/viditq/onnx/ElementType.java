package org.viditq.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;

/** Element types of the values in a graph. */
enum ElementType {
  FLOAT(TensorProto.DataType.FLOAT, 4),
  FLOAT16(TensorProto.DataType.FLOAT16, 2),
  BFLOAT16(TensorProto.DataType.BFLOAT16, 2),
  UINT8(TensorProto.DataType.UINT8, 1),
  INT8(TensorProto.DataType.INT8, 1),
  INT32(TensorProto.DataType.INT32, 4),
  INT64(TensorProto.DataType.INT64, 8),
  BOOL(TensorProto.DataType.BOOL, 1);

  private final TensorProto.DataType code;
  private final int bytes;

  ElementType(TensorProto.DataType code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  /** What ONNX's messages call it. */
  int code() {
    return code.getNumber();
  }

  /** Bytes per element. */
  int bytes() {
    return bytes;
  }
}
