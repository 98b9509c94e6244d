package org.viditq.core.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes pickles instruction by instruction, so that tests can write what Python never would. */
final class RawPickle {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  RawPickle() {
    op(0x80).op(2);
  }

  RawPickle op(int... codes) {
    for (int code : codes) {
      bytes.write(code);
    }
    return this;
  }

  RawPickle raw(byte[] content) {
    bytes.writeBytes(content);
    return this;
  }

  RawPickle raw(String ascii) {
    return raw(ascii.getBytes(StandardCharsets.US_ASCII));
  }

  RawPickle text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return op('X').raw(little(4, utf8.length)).raw(utf8);
  }

  RawPickle integer(long value) {
    return op(0x8a, 8).raw(little(8, value));
  }

  RawPickle tuple(long... values) {
    op('(');
    for (long value : values) {
      integer(value);
    }
    return op('t');
  }

  RawPickle global(String module, String name) {
    return raw("c" + module + "\n" + name + "\n");
  }

  /** {@code name: tensor}, to be put into a dict that is on the stack. */
  RawPickle tensor(
      String name, String type, long elements, long offset, long[] sizes, long[] strides) {
    text(name).global("torch._utils", "_rebuild_tensor_v2");
    op('(').op('(').text("storage").global("torch", type).text("0").text("cpu").integer(elements);
    op('t', 'Q').integer(offset).tuple(sizes).tuple(strides).op(0x89);
    return global("collections", "OrderedDict").op(')', 'R', 't', 'R', 's');
  }

  byte[] stop() {
    op('.');
    return bytes.toByteArray();
  }

  private static byte[] little(int length, long value) {
    return Arrays.copyOf(
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array(), length);
  }
}
