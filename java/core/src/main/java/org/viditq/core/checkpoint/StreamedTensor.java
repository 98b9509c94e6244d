package org.viditq.core.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A tensor whose bytes are made piece by piece, so that writing it needs little memory. */
interface StreamedTensor extends StoredTensor {
  /** Takes a part of the bytes. */
  @FunctionalInterface
  interface Sink {
    void accept(ByteBuffer bytes) throws IOException;
  }

  /** Hands over all bytes, in order; a buffer is valid during the call only. */
  void stream(Sink sink) throws IOException;
}
