package org.viditq.cpp;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.viditq.cpp.bridge.Bridge;

/** What reading a mapped checkpoint brings into memory, and its release. */
final class MappedPages {
  /** Finding out where memory comes from takes as long as packing about this much. */
  private static final int LEAST_BYTES = 1 << 18;

  private MappedPages() {}

  /**
   * Takes the pages of a tensor that was packed out of the process's memory, if they are mapped
   * from a file; otherwise a checkpoint would lie there twice. They come back when read again.
   *
   * @param bytes from position 0 to the limit
   */
  static void release(ByteBuffer bytes) {
    if (!bytes.isDirect() || bytes.limit() < LEAST_BYTES) {
      return;
    }
    try (BytePointer pointer = new BytePointer(bytes.duplicate().rewind())) {
      NativeLibrary.check(
          Bridge.viditq_release_mapped_pages(pointer, bytes.limit()), "release of mapped pages");
    }
  }
}
