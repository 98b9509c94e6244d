package org.viditq.tensorrt.presets;

import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.MemoryException;

/** Status codes of the CUDA runtime, as exceptions. */
final class Cuda {
  private static final int SUCCESS = 0;
  private static final int OUT_OF_MEMORY = 2;

  private Cuda() {}

  /**
   * @param what could not be done, for example {@code copy to the device}
   * @throws MemoryException if the device's memory does not suffice
   * @throws BackendException if it failed otherwise
   */
  static void check(int status, String what) {
    if (status == SUCCESS) {
      return;
    }
    // Errors that end with the call are not reported again by the next one.
    cudart.cudaGetLastError();
    if (status == OUT_OF_MEMORY) {
      throw new MemoryException(
          "The GPU has not enough memory left to "
              + what
              + "; ask for less (--batch, --width, --height, --frames), or end what else uses it.");
    }
    throw new BackendException(
        "CUDA could not "
            + what
            + ": "
            + text(cudart.cudaGetErrorName(status))
            + " ("
            + text(cudart.cudaGetErrorString(status))
            + "); look with nvidia-smi whether the GPU is well.");
  }

  private static String text(BytePointer text) {
    return text == null || text.isNull() ? "unknown" : text.getString();
  }
}
