package org.viditq.onnx;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The file beside a model that holds its large constants: a protocol buffer message ends at 2 GB,
 * and engines map the file instead of copying it.
 */
final class ExternalData implements AutoCloseable {
  /** Bytes from which on a constant is large, as in ONNX's own tools. */
  static final int SMALLEST = 1024;

  /** Constants begin at multiples of a page, so that they can be mapped one by one. */
  private static final int ALIGNMENT = 4096;

  private final FileChannel channel;

  ExternalData(Path file) throws IOException {
    channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  /**
   * Appends a constant.
   *
   * @return where it begins
   */
  long append(ConstantData data) throws IOException {
    long offset = (channel.position() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    channel.position(offset);
    data.writeTo(channel);
    if (channel.position() - offset != data.byteLength()) {
      throw new IllegalStateException(
          "A constant "
              + data.type()
              + data.shape()
              + " wrote "
              + (channel.position() - offset)
              + " bytes instead of "
              + data.byteLength()
              + ".");
    }
    return offset;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
