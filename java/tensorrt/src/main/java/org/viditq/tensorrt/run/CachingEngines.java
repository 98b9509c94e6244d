package org.viditq.tensorrt.run;

import org.viditq.core.model.DenoiserModel;
import org.viditq.core.pipeline.StepNetworks;
import org.viditq.onnx.ActiveSetRanges;
import org.viditq.onnx.StepCachingGraphs;
import org.viditq.tensorrt.engine.EngineSource;
import org.viditq.tensorrt.runtime.DeviceRuntime;
import org.viditq.tensorrt.runtime.DeviceStream;

/** The graphs of step caching as engines, which stay loaded from one sampling to the next. */
final class CachingEngines implements AutoCloseable {
  private final DeviceRuntime runtime;
  private final DenoiserModel model;
  private final NetworkEngine probe;
  private final NetworkEngine full;
  private final NetworkEngine tail;
  private final ActiveSetRanges sets;
  private final DeviceStream stream;

  /**
   * @param source of engines, which are got when the first sampling is made ready
   * @param model that the graphs are of
   */
  CachingEngines(
      DeviceRuntime runtime, EngineSource source, DenoiserModel model, StepCachingGraphs graphs) {
    this.runtime = runtime;
    this.model = model;
    this.probe = new NetworkEngine(runtime, source, "transformer_probe", graphs.probe());
    this.full = new NetworkEngine(runtime, source, "transformer_full", graphs.full());
    this.tail = new NetworkEngine(runtime, source, "transformer_tail", graphs.tail());
    this.sets = graphs.full().activeSets();
    this.stream = runtime.openStream();
  }

  DeviceRuntime runtime() {
    return runtime;
  }

  DenoiserModel model() {
    return model;
  }

  NetworkEngine probe() {
    return probe;
  }

  NetworkEngine full() {
    return full;
  }

  NetworkEngine tail() {
    return tail;
  }

  /** What the weight sets of all three stand for. */
  ActiveSetRanges sets() {
    return sets;
  }

  DeviceStream stream() {
    return stream;
  }

  /** Begins a sampling; it must be closed before another one begins, and before this is closed. */
  StepNetworks sampling(int pictures) {
    return new CachedSteps(this, pictures);
  }

  @Override
  public void close() {
    try (Resources all = new Resources()) {
      all.add(stream, DeviceStream::close);
      all.add(probe, NetworkEngine::close);
      all.add(full, NetworkEngine::close);
      all.add(tail, NetworkEngine::close);
    }
  }
}
