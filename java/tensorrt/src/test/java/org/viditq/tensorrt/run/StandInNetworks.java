package org.viditq.tensorrt.run;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.viditq.core.pipeline.Networks;
import org.viditq.onnx.FloatFormat;
import org.viditq.onnx.OnnxOptions;
import org.viditq.tensorrt.engine.EngineRequest;
import org.viditq.tensorrt.runtime.DeviceRuntime;
import org.viditq.tensorrt.standin.StandInRuntime;
import org.viditq.tensorrt.standin.StandInRuntime.Pace;
import org.viditq.tensorrt.standin.StandInSource;

/** Networks on stand-ins for the device, each part of a pipeline on one of its own. */
final class StandInNetworks {
  /** ONNX Runtime takes no masks of Attention nodes, and float32 is what native computes in. */
  static final OnnxOptions OPTIONS =
      OnnxOptions.plugin(FloatFormat.FP32, OnnxOptions.AttentionForm.STANDARD);

  static final long PLENTY = 1L << 30;

  private final Path folder;
  private final Pace pace;
  private final List<StandInRuntime> runtimes = new ArrayList<>();
  private final List<StandInSource> sources = new ArrayList<>();
  final List<String> left = new ArrayList<>();

  StandInNetworks(Path folder, Pace pace) {
    this.folder = folder;
    this.pace = pace;
  }

  Networks open() {
    StandInRuntime runtime = new StandInRuntime(pace, PLENTY);
    runtimes.add(runtime);
    return open(runtime);
  }

  Networks open(DeviceRuntime runtime) {
    StandInSource source = new StandInSource(folder.resolve("engines" + sources.size()));
    sources.add(source);
    return new TensorRtNetworks(runtime, source, OPTIONS, left::add);
  }

  List<StandInRuntime> runtimes() {
    return runtimes;
  }

  List<EngineRequest> requests() {
    return sources.stream().flatMap(source -> source.requests().stream()).toList();
  }
}
