package org.viditq.tensorrt.presets;

import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.viditq.tensorrt.runtime.DeviceBuffer;
import org.viditq.tensorrt.runtime.DeviceEvent;
import org.viditq.tensorrt.runtime.DeviceGraph;
import org.viditq.tensorrt.runtime.DeviceStream;
import org.viditq.tensorrt.runtime.PinnedBuffer;

/** A queue of work for the device. */
public final class CudaStream implements DeviceStream {
  private static final int NON_BLOCKING = 1;
  private static final int CAPTURE_OF_THIS_THREAD = 1;
  private static final int TO_DEVICE = 1;
  private static final int TO_HOST = 2;
  private static final int ON_DEVICE = 3;

  private final CudaDevice device;
  private final CUstream_st stream = new CUstream_st();
  private boolean capturing;

  CudaStream(CudaDevice device) {
    this.device = device;
    Cuda.check(cudart.cudaStreamCreateWithFlags(stream, NON_BLOCKING), "make a stream");
    device.opened(CudaDevice.Kind.STREAM);
  }

  CUstream_st stream() {
    if (stream.isNull()) {
      throw new IllegalStateException("A stream is used after it was closed.");
    }
    return stream;
  }

  @Override
  public void copyToDevice(
      DeviceBuffer to, long toOffset, PinnedBuffer from, int fromOffset, int bytes) {
    Cuda.check(
        cudart.cudaMemcpyAsync(
            ((CudaBuffer) to).at(toOffset, bytes),
            ((CudaPinned) from).at(fromOffset, bytes),
            bytes,
            TO_DEVICE,
            stream()),
        "copy to the device");
  }

  @Override
  public void copyToHost(
      PinnedBuffer to, int toOffset, DeviceBuffer from, long fromOffset, int bytes) {
    Cuda.check(
        cudart.cudaMemcpyAsync(
            ((CudaPinned) to).at(toOffset, bytes),
            ((CudaBuffer) from).at(fromOffset, bytes),
            bytes,
            TO_HOST,
            stream()),
        "copy to the host");
  }

  @Override
  public void copyOnDevice(
      DeviceBuffer to, long toOffset, DeviceBuffer from, long fromOffset, long bytes) {
    if (to == from && toOffset < fromOffset + bytes && fromOffset < toOffset + bytes) {
      throw new IllegalArgumentException("Source and target of a copy overlap.");
    }
    Cuda.check(
        cudart.cudaMemcpyAsync(
            ((CudaBuffer) to).at(toOffset, bytes),
            ((CudaBuffer) from).at(fromOffset, bytes),
            bytes,
            ON_DEVICE,
            stream()),
        "copy on the device");
  }

  @Override
  public void clear(DeviceBuffer buffer) {
    Cuda.check(
        cudart.cudaMemsetAsync(
            ((CudaBuffer) buffer).at(0, buffer.size()), 0, buffer.size(), stream()),
        "clear memory of the device");
  }

  @Override
  public void record(DeviceEvent event) {
    CudaEvent mark = (CudaEvent) event;
    Cuda.check(cudart.cudaEventRecord(mark.event(), stream()), "record an event");
    mark.recorded();
  }

  @Override
  public void await(DeviceEvent event) {
    CudaEvent mark = (CudaEvent) event;
    mark.requireRecorded();
    Cuda.check(cudart.cudaStreamWaitEvent(stream(), mark.event(), 0), "wait for another stream");
  }

  @Override
  public void beginCapture() {
    Cuda.check(
        cudart.cudaStreamBeginCapture(stream(), CAPTURE_OF_THIS_THREAD), "record a stream's work");
    capturing = true;
  }

  @Override
  public DeviceGraph endCapture() {
    CUgraph_st recorded = new CUgraph_st();
    capturing = false;
    Cuda.check(cudart.cudaStreamEndCapture(stream(), recorded), "record a stream's work");
    return new CudaGraph(device, recorded);
  }

  @Override
  public void abandonCapture() {
    CUgraph_st recorded = new CUgraph_st();
    capturing = false;
    // It fails where something was refused during the recording, which is known.
    cudart.cudaStreamEndCapture(stream(), recorded);
    cudart.cudaGetLastError();
    if (!recorded.isNull()) {
      Cuda.check(cudart.cudaGraphDestroy(recorded), "free recorded work");
    }
  }

  @Override
  public void launch(DeviceGraph graph) {
    Cuda.check(
        cudart.cudaGraphLaunch(((CudaGraph) graph).executable(), stream()), "launch a graph");
  }

  @Override
  public void synchronize() {
    Cuda.check(cudart.cudaStreamSynchronize(stream()), "do a stream's work");
  }

  @Override
  public void close() {
    if (!stream.isNull()) {
      if (capturing) {
        abandonCapture();
      }
      int status = cudart.cudaStreamDestroy(stream);
      stream.setNull();
      device.closed(CudaDevice.Kind.STREAM);
      Cuda.check(status, "end a stream");
    }
  }
}
