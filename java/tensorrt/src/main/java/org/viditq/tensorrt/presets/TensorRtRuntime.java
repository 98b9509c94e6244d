package org.viditq.tensorrt.presets;

import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.nvinfer.ICudaEngine;
import org.bytedeco.tensorrt.nvinfer.IRuntime;
import org.viditq.core.error.BackendException;
import org.viditq.cuda.TensorRtObjects;
import org.viditq.tensorrt.driver.NvidiaDriver;
import org.viditq.tensorrt.driver.TensorRtLibrary;
import org.viditq.tensorrt.engine.EngineFile;
import org.viditq.tensorrt.runtime.DeviceBuffer;
import org.viditq.tensorrt.runtime.DeviceEvent;
import org.viditq.tensorrt.runtime.DeviceRuntime;
import org.viditq.tensorrt.runtime.DeviceStream;
import org.viditq.tensorrt.runtime.Engine;
import org.viditq.tensorrt.runtime.PinnedBuffer;

/** TensorRT on a device. */
public final class TensorRtRuntime implements DeviceRuntime {
  private final TensorRtLibrary library;
  private final CudaDevice device;
  private final IRuntime runtime;

  /**
   * @param driver that has answered: without one TensorRT gives pointers that end the process
   * @param library with the plugins that engines need
   */
  public TensorRtRuntime(NvidiaDriver driver, TensorRtLibrary library, int device) {
    this.library = library;
    this.device = new CudaDevice(device);
    library.log().clear();
    this.runtime = nvinfer.createInferRuntime(library.log());
    if (runtime == null || runtime.isNull()) {
      throw new BackendException(
          "TensorRT " + library.version() + " does not start: " + library.log().errors() + ".");
    }
  }

  @Override
  public Engine load(EngineFile file) {
    try (BytePointer bytes = EngineBytes.read(file)) {
      library.log().clear();
      ICudaEngine engine = runtime.deserializeCudaEngine(bytes, bytes.capacity());
      if (engine == null || engine.isNull()) {
        throw new BackendException(
            "TensorRT "
                + library.version()
                + " does not take the engine "
                + file.path()
                + ": "
                + library.log().errors()
                + "; delete it, and it is built anew.");
      }
      return new TensorRtEngine(device, library.log(), engine);
    }
  }

  @Override
  public DeviceBuffer allocate(long bytes) {
    return device.allocate(bytes);
  }

  @Override
  public PinnedBuffer allocatePinned(int bytes) {
    return device.allocatePinned(bytes);
  }

  @Override
  public DeviceStream openStream() {
    return device.openStream();
  }

  @Override
  public DeviceEvent openEvent() {
    return device.openEvent();
  }

  @Override
  public void close() {
    Cuda.check(cudart.cudaGetLastError(), "end without a failure");
    device.close();
    TensorRtObjects.delete(runtime);
  }
}
