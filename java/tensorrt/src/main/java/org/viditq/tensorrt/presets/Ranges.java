package org.viditq.tensorrt.presets;

/** Checks of parts of buffers. */
final class Ranges {
  private Ranges() {}

  /**
   * @throws IllegalArgumentException if {@code bytes} from {@code offset} do not lie in a buffer
   */
  static void require(String buffer, long size, long offset, long bytes) {
    if (offset < 0 || bytes < 0 || offset > size - bytes) {
      throw new IllegalArgumentException(
          bytes + " bytes from " + offset + " do not lie in " + buffer + " of " + size + " bytes");
    }
  }
}
