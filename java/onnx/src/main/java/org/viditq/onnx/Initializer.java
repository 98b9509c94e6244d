package org.viditq.onnx;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.channels.Channels;

/** The message that stands for a constant. */
final class Initializer {
  private Initializer() {}

  /** With its elements in the message. */
  static TensorProto inline(String name, ConstantData data) throws IOException {
    ByteString.Output bytes = ByteString.newOutput((int) data.byteLength());
    data.writeTo(Channels.newChannel(bytes));
    return header(name, data).setRawData(bytes.toByteString()).build();
  }

  /** With its elements in the file beside the model. */
  static TensorProto external(String name, ConstantData data, ExternalData file, String fileName)
      throws IOException {
    long offset = file.append(data);
    return header(name, data)
        .setDataLocation(TensorProto.DataLocation.EXTERNAL)
        .addExternalData(entry("location", fileName))
        .addExternalData(entry("offset", Long.toString(offset)))
        .addExternalData(entry("length", Long.toString(data.byteLength())))
        .build();
  }

  /** Without elements. */
  static TensorProto bare(String name, ConstantData data) {
    return header(name, data).build();
  }

  private static TensorProto.Builder header(String name, ConstantData data) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setName(name).setDataType(data.type().code());
    for (int dim : data.shape().toArray()) {
      tensor.addDims(dim);
    }
    return tensor;
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }
}
