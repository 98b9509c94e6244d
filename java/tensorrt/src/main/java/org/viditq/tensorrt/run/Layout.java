package org.viditq.tensorrt.run;

import java.util.LinkedHashMap;
import java.util.Map;
import org.viditq.core.error.MemoryException;
import org.viditq.tensorrt.runtime.DeviceRuntime;

/** Tensors one behind the other in a buffer, each on an address that may be bound. */
final class Layout {
  private final Map<String, long[]> parts = new LinkedHashMap<>();
  private long size;

  void add(String name, long bytes) {
    parts.put(name, new long[] {size, bytes});
    size = roundUp(Math.addExact(size, bytes));
  }

  private static long roundUp(long bytes) {
    long mask = DeviceRuntime.ALIGNMENT - 1;
    return Math.addExact(bytes, mask) & ~mask;
  }

  long offset(String name) {
    return parts.get(name)[0];
  }

  long bytes(String name) {
    return parts.get(name)[1];
  }

  /** Bytes of all, at least one alignment unit. */
  long size() {
    return Math.max(size, DeviceRuntime.ALIGNMENT);
  }

  /**
   * The same for memory of the host.
   *
   * @throws MemoryException if it is more than one buffer can hold
   */
  int hostSize(String network) {
    if (size() > Integer.MAX_VALUE - DeviceRuntime.ALIGNMENT) {
      throw new MemoryException(
          "Inputs and outputs of the network "
              + network
              + " take "
              + size()
              + " bytes, more than 2 GB of page-locked memory; ask for less (--batch, --width,"
              + " --height, --frames).");
    }
    return (int) size();
  }
}
