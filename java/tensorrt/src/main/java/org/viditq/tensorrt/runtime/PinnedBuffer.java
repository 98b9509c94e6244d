package org.viditq.tensorrt.runtime;

import java.nio.ByteBuffer;

/** Page-locked memory of the host. */
public interface PinnedBuffer extends AutoCloseable {
  /** Bytes. */
  int size();

  /**
   * A part of the memory to read from or to write to, little-endian; not while a copy from or to it
   * is under way.
   *
   * @throws IllegalArgumentException if it does not lie in the buffer
   */
  ByteBuffer bytes(int offset, int length);

  /** Frees it; copies that use it must have ended. */
  @Override
  void close();
}
