package org.viditq.tensorrt.presets;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.viditq.tensorrt.runtime.PinnedBuffer;

/** Page-locked memory of the host. */
public final class CudaPinned implements PinnedBuffer {
  private static final int DEFAULT = 0;

  private final CudaDevice device;
  private final Pointer start = new Pointer();
  private final int size;
  private final ByteBuffer all;

  CudaPinned(CudaDevice device, int size) {
    this.device = device;
    this.size = size;
    Cuda.check(
        cudart.cudaHostAlloc(start, size, DEFAULT), "lock " + size + " bytes of the host's memory");
    device.opened(CudaDevice.Kind.PINNED_BUFFER);
    Pointer.memset(start, 0, size);
    all = new BytePointer(start).capacity(size).asByteBuffer();
  }

  Pointer at(int offset, int bytes) {
    requireOpen();
    Ranges.require("pinned memory", size, offset, bytes);
    return new BytePointer(start).getPointer(offset);
  }

  private void requireOpen() {
    if (start.isNull()) {
      throw new IllegalStateException("Pinned memory is used after it was freed.");
    }
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public ByteBuffer bytes(int offset, int length) {
    requireOpen();
    Ranges.require("pinned memory", size, offset, length);
    return all.slice(offset, length).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void close() {
    if (!start.isNull()) {
      int status = cudart.cudaFreeHost(start);
      start.setNull();
      device.closed(CudaDevice.Kind.PINNED_BUFFER);
      Cuda.check(status, "free pinned memory");
    }
  }
}
