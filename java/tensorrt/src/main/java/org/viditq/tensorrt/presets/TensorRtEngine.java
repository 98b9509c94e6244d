package org.viditq.tensorrt.presets;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.tensorrt.global.nvinfer.DataType;
import org.bytedeco.tensorrt.global.nvinfer.OptProfileSelector;
import org.bytedeco.tensorrt.global.nvinfer.TensorIOMode;
import org.bytedeco.tensorrt.nvinfer.ICudaEngine;
import org.bytedeco.tensorrt.nvinfer.IExecutionContext;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.MemoryException;
import org.viditq.cuda.TensorRtObjects;
import org.viditq.tensorrt.driver.TensorRtLog;
import org.viditq.tensorrt.engine.Profile;
import org.viditq.tensorrt.runtime.Engine;
import org.viditq.tensorrt.runtime.EngineTensor;
import org.viditq.tensorrt.runtime.ExecutionContext;

/** An engine on a device. */
final class TensorRtEngine implements Engine {
  private final CudaDevice device;
  private final TensorRtLog log;
  private final ICudaEngine engine;
  private final List<EngineTensor> tensors = new ArrayList<>();
  private final List<Profile> profiles = new ArrayList<>();

  /**
   * @param engine deleted with this, also if this fails
   */
  TensorRtEngine(CudaDevice device, TensorRtLog log, ICudaEngine engine) {
    this.device = device;
    this.log = log;
    this.engine = engine;
    try {
      for (int i = 0; i < engine.getNbIOTensors(); i++) {
        tensors.add(tensor(engine.getIOTensorName(i)));
      }
      for (int i = 0; i < engine.getNbOptimizationProfiles(); i++) {
        profiles.add(profile(i));
      }
    } catch (RuntimeException | Error failed) {
      TensorRtObjects.delete(engine);
      throw failed;
    }
    device.opened(CudaDevice.Kind.ENGINE);
  }

  private EngineTensor tensor(String name) {
    return new EngineTensor(
        name,
        engine.getTensorIOMode(name).intern() == TensorIOMode.kINPUT,
        type(name, engine.getTensorDataType(name).intern()),
        engine.getTensorShape(name).nbDims());
  }

  private static EngineTensor.Type type(String name, DataType type) {
    return switch (type) {
      case kFLOAT -> EngineTensor.Type.FLOAT;
      case kHALF -> EngineTensor.Type.HALF;
      case kBF16 -> EngineTensor.Type.BFLOAT16;
      case kINT32 -> EngineTensor.Type.INT32;
      case kINT64 -> EngineTensor.Type.INT64;
      default ->
          throw new BackendException(
              "Tensor "
                  + name
                  + " of the engine holds "
                  + type
                  + ", which no engine of viditq does; build it from a graph of viditq export.");
    };
  }

  private Profile profile(int index) {
    Map<String, Profile.Range> ranges = new LinkedHashMap<>();
    for (EngineTensor tensor : tensors) {
      if (tensor.input()) {
        String name = tensor.name();
        ranges.put(
            name,
            new Profile.Range(
                Shapes.of(engine.getProfileShape(name, index, OptProfileSelector.kMIN), name),
                Shapes.of(engine.getProfileShape(name, index, OptProfileSelector.kOPT), name),
                Shapes.of(engine.getProfileShape(name, index, OptProfileSelector.kMAX), name)));
      }
    }
    return new Profile(ranges);
  }

  @Override
  public List<EngineTensor> tensors() {
    return List.copyOf(tensors);
  }

  @Override
  public List<Profile> profiles() {
    return List.copyOf(profiles);
  }

  @Override
  public long activationBytes() {
    return engine.getDeviceMemorySizeV2();
  }

  @Override
  public ExecutionContext openContext(int profile) {
    log.clear();
    IExecutionContext context = engine.createExecutionContext();
    if (context == null || context.isNull()) {
      throw new MemoryException(
          "TensorRT made no context for the engine, which takes "
              + activationBytes()
              + " bytes of the GPU ("
              + log.errors()
              + "); ask for less (--batch, --width, --height, --frames), or end what else uses it.");
    }
    return new TensorRtContext(device, log, context, profile, tensors);
  }

  @Override
  public void close() {
    if (!engine.isNull()) {
      TensorRtObjects.delete(engine);
      device.closed(CudaDevice.Kind.ENGINE);
    }
  }
}
