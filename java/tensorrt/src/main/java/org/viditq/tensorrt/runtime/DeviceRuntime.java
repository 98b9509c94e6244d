package org.viditq.tensorrt.runtime;

import org.viditq.core.error.BackendException;
import org.viditq.core.error.MemoryException;
import org.viditq.tensorrt.engine.EngineFile;

/** One device with TensorRT on it. */
public interface DeviceRuntime extends AutoCloseable {
  /** Bytes that addresses of bound tensors and starts of buffers are multiples of. */
  int ALIGNMENT = 256;

  /**
   * Loads an engine.
   *
   * @throws BackendException if the file cannot be read, does not have its hash, or is no engine
   *     for this device and version of TensorRT
   * @throws MemoryException if the device's memory does not suffice
   */
  Engine load(EngineFile file);

  /**
   * Memory of the device, its contents undefined.
   *
   * @param bytes at least 1
   * @throws MemoryException if the device has not enough left
   */
  DeviceBuffer allocate(long bytes);

  /**
   * Page-locked memory of the host, which asynchronous copies need, set to zero.
   *
   * @param bytes at least 1
   * @throws MemoryException if the host has not enough left
   */
  PinnedBuffer allocatePinned(int bytes);

  /** A queue of work beside all others. */
  DeviceStream openStream();

  /** A mark in a stream. */
  DeviceEvent openEvent();

  /** Closes what is left open here; the device can be opened again. */
  @Override
  void close();
}
