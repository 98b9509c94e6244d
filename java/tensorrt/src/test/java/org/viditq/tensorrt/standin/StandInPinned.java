package org.viditq.tensorrt.standin;

import java.nio.ByteBuffer;
import org.viditq.tensorrt.runtime.PinnedBuffer;

/** Pinned memory of the host, which the host must leave alone while it is copied. */
final class StandInPinned implements PinnedBuffer {
  private final StandInRuntime runtime;
  final Memory memory;

  StandInPinned(StandInRuntime runtime, Memory memory) {
    this.runtime = runtime;
    this.memory = memory;
  }

  @Override
  public int size() {
    return memory.size;
  }

  @Override
  public ByteBuffer bytes(int offset, int length) {
    ByteBuffer part = memory.part(offset, length);
    memory.touchByHost(runtime.host, offset, length);
    return part;
  }

  @Override
  public void close() {
    runtime.requireNoCapture("freeing " + memory.name);
    memory.free(runtime.host);
    runtime.closed(this, 0);
  }
}
