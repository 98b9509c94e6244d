package org.viditq.tensorrt.standin;

import org.viditq.tensorrt.runtime.DeviceBuffer;

/** Memory of the device. */
final class StandInBuffer implements DeviceBuffer {
  private final StandInRuntime runtime;
  final Memory memory;

  StandInBuffer(StandInRuntime runtime, Memory memory) {
    this.runtime = runtime;
    this.memory = memory;
  }

  @Override
  public long size() {
    return memory.size;
  }

  @Override
  public void close() {
    runtime.requireNoCapture("freeing " + memory.name);
    memory.free(runtime.host);
    runtime.closed(this, memory.size);
  }
}
