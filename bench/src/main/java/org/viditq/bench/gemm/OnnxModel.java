package org.viditq.bench.gemm;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * An ONNX model of one node, DynamicQuantizeMatMul of ONNX Runtime's own operators: 8-bit
 * activations with one scale for the whole tensor, as its dynamic quantization makes them. Written
 * in protocol buffer wire format; field numbers are those of onnx.proto.
 */
final class OnnxModel {
  private static final int FLOAT = 1;
  private static final int INT8 = 3;

  private OnnxModel() {}

  /**
   * @param codes weight [inner, channels], symmetric
   * @param scale [channels]
   * @param bias [channels]
   */
  static byte[] dynamicQuantizeMatMul(GemmShape shape, byte[] codes, float[] scale, float[] bias) {
    Message node = new Message();
    for (String input : new String[] {"x", "w", "scale", "zero", "bias"}) {
      node.text(1, input);
    }
    node.text(2, "y").text(4, "DynamicQuantizeMatMul").text(7, "com.microsoft");
    Message graph = new Message().bytes(1, node.done()).text(2, "gemm");
    int channels = shape.channels();
    graph.bytes(5, tensor("w", INT8, codes, shape.inner(), channels));
    graph.bytes(5, tensor("scale", FLOAT, littleEndian(scale), channels));
    graph.bytes(5, tensor("zero", INT8, new byte[channels], channels));
    graph.bytes(5, tensor("bias", FLOAT, littleEndian(bias), channels));
    graph.bytes(11, value("x", shape.rows(), shape.inner()));
    graph.bytes(12, value("y", shape.rows(), channels));
    return new Message()
        .number(1, 8)
        .bytes(7, graph.done())
        .bytes(8, new Message().text(1, "").number(2, 17).done())
        .bytes(8, new Message().text(1, "com.microsoft").number(2, 1).done())
        .done();
  }

  private static byte[] tensor(String name, int type, byte[] data, int... dims) {
    Message tensor = new Message();
    for (int dim : dims) {
      tensor.number(1, dim);
    }
    return tensor.number(2, type).text(8, name).bytes(9, data).done();
  }

  private static byte[] value(String name, int... dims) {
    Message shape = new Message();
    for (int dim : dims) {
      shape.bytes(1, new Message().number(1, dim).done());
    }
    byte[] tensorType = new Message().number(1, FLOAT).bytes(2, shape.done()).done();
    byte[] type = new Message().bytes(1, tensorType).done();
    return new Message().text(1, name).bytes(2, type).done();
  }

  private static byte[] littleEndian(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }

  /** Fields of a protocol buffer message, in order. */
  private static final class Message {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Message number(int field, long value) {
      varint(field << 3);
      varint(value);
      return this;
    }

    Message bytes(int field, byte[] value) {
      varint(field << 3 | 2);
      varint(value.length);
      out.writeBytes(value);
      return this;
    }

    Message text(int field, String value) {
      return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    byte[] done() {
      return out.toByteArray();
    }

    private void varint(long value) {
      long rest = value;
      while (rest > 0x7f) {
        out.write((int) (rest & 0x7f | 0x80));
        rest >>>= 7;
      }
      out.write((int) rest);
    }
  }
}
