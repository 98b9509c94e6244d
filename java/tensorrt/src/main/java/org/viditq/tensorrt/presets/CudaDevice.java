package org.viditq.tensorrt.presets;

import java.util.EnumMap;
import java.util.Map;
import org.bytedeco.cuda.global.cudart;
import org.viditq.core.error.MemoryException;

/** Memory, streams and events of one device through the CUDA runtime, each counted while open. */
public final class CudaDevice implements AutoCloseable {
  /** What can be open. */
  enum Kind {
    DEVICE_BUFFER,
    PINNED_BUFFER,
    STREAM,
    EVENT,
    GRAPH,
    ENGINE,
    CONTEXT
  }

  private final int index;
  private final Map<Kind, Integer> open = new EnumMap<>(Kind.class);

  /**
   * Makes a device the one of this thread.
   *
   * @throws org.viditq.core.error.BackendException if there is no such device
   */
  public CudaDevice(int index) {
    this.index = index;
    Cuda.check(cudart.cudaSetDevice(index), "choose device " + index);
  }

  int index() {
    return index;
  }

  /** Memory of the device. */
  public CudaBuffer allocate(long bytes) {
    requireBytes(bytes);
    return new CudaBuffer(this, bytes);
  }

  /** Page-locked memory of the host, zero. */
  public CudaPinned allocatePinned(int bytes) {
    requireBytes(bytes);
    return new CudaPinned(this, bytes);
  }

  private static void requireBytes(long bytes) {
    if (bytes < 1) {
      throw new MemoryException("Memory of " + bytes + " bytes was asked for.");
    }
  }

  /** A stream that does not wait for the default stream. */
  public CudaStream openStream() {
    return new CudaStream(this);
  }

  /** An event without times. */
  public CudaEvent openEvent() {
    return new CudaEvent(this);
  }

  void opened(Kind kind) {
    open.merge(kind, 1, Integer::sum);
  }

  void closed(Kind kind) {
    open.merge(kind, -1, Integer::sum);
  }

  /** How many things are open that were opened here. */
  public int openThings() {
    return open.values().stream().mapToInt(Integer::intValue).sum();
  }

  /**
   * @throws IllegalStateException if something is open
   */
  @Override
  public void close() {
    if (openThings() > 0) {
      throw new IllegalStateException("The device is closed before what is open on it: " + open);
    }
  }
}
