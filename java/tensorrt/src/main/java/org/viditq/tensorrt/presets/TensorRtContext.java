package org.viditq.tensorrt.presets;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.tensorrt.nvinfer.Dims64;
import org.bytedeco.tensorrt.nvinfer.IExecutionContext;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.tensor.Shape;
import org.viditq.cuda.TensorRtObjects;
import org.viditq.tensorrt.driver.TensorRtLog;
import org.viditq.tensorrt.runtime.DeviceBuffer;
import org.viditq.tensorrt.runtime.DeviceRuntime;
import org.viditq.tensorrt.runtime.DeviceStream;
import org.viditq.tensorrt.runtime.EngineTensor;
import org.viditq.tensorrt.runtime.ExecutionContext;

/** What executes an engine. */
final class TensorRtContext implements ExecutionContext {
  private final CudaDevice device;
  private final TensorRtLog log;
  private final IExecutionContext context;
  private final Map<String, EngineTensor> tensors = new HashMap<>();

  /**
   * @param context deleted with this, also if this fails
   */
  TensorRtContext(
      CudaDevice device,
      TensorRtLog log,
      IExecutionContext context,
      int profile,
      List<EngineTensor> tensors) {
    this.device = device;
    this.log = log;
    this.context = context;
    tensors.forEach(tensor -> this.tensors.put(tensor.name(), tensor));
    try (CudaStream stream = device.openStream()) {
      log.clear();
      if (!context.setOptimizationProfileAsync(profile, stream.stream())) {
        throw new BackendException(
            "TensorRT does not take profile " + profile + " of the engine: " + log.errors() + ".");
      }
      stream.synchronize();
    } catch (RuntimeException | Error failed) {
      TensorRtObjects.delete(context);
      throw failed;
    }
    device.opened(CudaDevice.Kind.CONTEXT);
  }

  @Override
  public void setShape(String input, Shape shape) {
    log.clear();
    try (Dims64 dims = Shapes.dims(shape)) {
      if (!context.setInputShape(input, dims)) {
        throw new ShapeException(
            "TensorRT does not take input " + input + " " + shape + ": " + log.errors() + ".");
      }
    }
  }

  @Override
  public Shape shape(String tensor) {
    return Shapes.of(context.getTensorShape(tensor), tensor);
  }

  @Override
  public void bind(String tensor, DeviceBuffer buffer, long offset) {
    if (offset % DeviceRuntime.ALIGNMENT != 0) {
      throw new IllegalArgumentException("Offset " + offset + " of " + tensor + " is unaligned.");
    }
    long bytes = (long) shape(tensor).size() * tensors.get(tensor).type().bytes();
    log.clear();
    if (!context.setTensorAddress(tensor, ((CudaBuffer) buffer).at(offset, bytes))) {
      throw new BackendException(
          "TensorRT does not take the address of " + tensor + ": " + log.errors() + ".");
    }
  }

  @Override
  public void enqueue(DeviceStream stream) {
    log.clear();
    if (!context.enqueueV3(((CudaStream) stream).stream())) {
      throw new BackendException("TensorRT does not run the engine: " + log.errors() + ".");
    }
  }

  @Override
  public void close() {
    if (!context.isNull()) {
      TensorRtObjects.delete(context);
      device.closed(CudaDevice.Kind.CONTEXT);
    }
  }
}
