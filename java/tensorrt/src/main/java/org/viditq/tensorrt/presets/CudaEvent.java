package org.viditq.tensorrt.presets;

import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.global.cudart;
import org.viditq.tensorrt.runtime.DeviceEvent;

/** A mark in a stream. */
public final class CudaEvent implements DeviceEvent {
  /** Without times, which would cost more than the mark. */
  private static final int NO_TIMING = 2;

  private final CudaDevice device;
  private final CUevent_st event = new CUevent_st();
  private boolean recorded;

  CudaEvent(CudaDevice device) {
    this.device = device;
    Cuda.check(cudart.cudaEventCreateWithFlags(event, NO_TIMING), "make an event");
    device.opened(CudaDevice.Kind.EVENT);
  }

  CUevent_st event() {
    if (event.isNull()) {
      throw new IllegalStateException("An event is used after it was closed.");
    }
    return event;
  }

  void recorded() {
    recorded = true;
  }

  void requireRecorded() {
    if (!recorded) {
      throw new IllegalStateException("An event is waited for that was never recorded.");
    }
  }

  @Override
  public void synchronize() {
    requireRecorded();
    Cuda.check(cudart.cudaEventSynchronize(event()), "do the work in front of an event");
  }

  @Override
  public void close() {
    if (!event.isNull()) {
      int status = cudart.cudaEventDestroy(event);
      event.setNull();
      device.closed(CudaDevice.Kind.EVENT);
      Cuda.check(status, "end an event");
    }
  }
}
