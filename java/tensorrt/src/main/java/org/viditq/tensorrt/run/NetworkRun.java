package org.viditq.tensorrt.run;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.OnnxGraph;
import org.viditq.onnx.OnnxValue;
import org.viditq.onnx.SamplingStepGraph.Form;
import org.viditq.tensorrt.engine.EngineSource;
import org.viditq.tensorrt.runtime.DeviceRuntime;
import org.viditq.tensorrt.runtime.DeviceStream;

/**
 * A network that is run from the host: inputs go to the device, unless they are there already, and
 * its output comes back. The execution is kept while shapes stay the same.
 */
final class NetworkRun implements AutoCloseable {
  private static final int NONE = -1;

  private final DeviceRuntime runtime;
  private final EngineSource source;
  private final NetworkEngine engine;
  private final String output;
  private final DeviceStream stream;
  private Map<String, Shape> shapes = Map.of();
  private Execution execution;
  private RepeatedWork work;

  /** Tensors that lie on the device, by input. */
  private final Map<String, Tensor> uploaded = new HashMap<>();

  /** The weight set that the device has been told. */
  private int activeSet = NONE;

  /**
   * @param name see {@link org.viditq.tensorrt.engine.EngineRequest#name()}
   * @param output the one that is wanted
   */
  NetworkRun(
      DeviceRuntime runtime, EngineSource source, String name, OnnxGraph graph, String output) {
    this.runtime = runtime;
    this.source = source;
    this.engine = new NetworkEngine(runtime, source, name, graph);
    this.output = output;
    this.stream = runtime.openStream();
  }

  OnnxGraph graph() {
    return engine.graph();
  }

  DeviceStream stream() {
    return stream;
  }

  /** Whether the network can be run on inputs of these shapes as it is. */
  boolean isReady(Map<String, Shape> given) {
    return execution != null && ofNetwork(given).equals(shapes);
  }

  /**
   * Makes the network ready for inputs of these shapes, if it is not.
   *
   * @param given may have more inputs than the network
   */
  Execution ready(Map<String, Shape> given, ProgressListener progress) {
    if (!isReady(given)) {
      Map<String, Shape> needed = ofNetwork(given);
      release();
      execution = engine.open(needed, Map.of(), progress);
      shapes = needed;
      work = new RepeatedWork(stream, () -> execution.enqueue(stream));
    }
    return execution;
  }

  private Map<String, Shape> ofNetwork(Map<String, Shape> given) {
    Map<String, Shape> needed = new LinkedHashMap<>();
    engine.graph().inputs().stream()
        .map(OnnxValue::name)
        .filter(given::containsKey)
        .forEach(input -> needed.put(input, given.get(input)));
    return needed;
  }

  /** Samplings on the execution that is ready; to be closed before another one is made ready. */
  SamplingLoop loop(Form form, Shape latents, ProgressListener progress) {
    return new SamplingLoop(runtime, source, stream, execution, form, latents, progress);
  }

  /** Says that inputs have been overwritten on the device. */
  void forget(String... inputs) {
    for (String input : inputs) {
      uploaded.remove(input);
    }
    activeSet = NONE;
  }

  /**
   * Brings an input to the device. A tensor that is there is not copied again; tensors are not
   * changed once they are made.
   */
  void upload(String input, Tensor values) {
    if (execution.has(input) && uploaded.get(input) != values) {
      execution.upload(stream, input, values);
      uploaded.put(input, values);
    }
  }

  /** Tells the device which weight sets to use, if it has another index. */
  void chooseSet(String input, int index) {
    if (execution.has(input) && index != activeSet) {
      execution.upload(stream, input, index);
      activeSet = index;
    }
  }

  /** Runs the network on what was uploaded. */
  Tensor run() {
    work.run();
    execution.download(stream, output);
    stream.synchronize();
    return execution.read(output);
  }

  /** Shapes of tensors. */
  static Map<String, Shape> shapes(Map<String, Tensor> tensors) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
    return shapes;
  }

  private void release() {
    try (Resources all = new Resources()) {
      if (execution != null) {
        all.add(execution, Execution::close);
      }
      if (work != null) {
        all.add(work, RepeatedWork::close);
      }
      all.add(stream, DeviceStream::synchronize);
    } finally {
      execution = null;
      work = null;
      uploaded.clear();
      activeSet = NONE;
    }
  }

  /** Frees the engine and what runs it, until it is made ready again. */
  void unload() {
    try (Resources all = new Resources()) {
      all.add(engine, NetworkEngine::close);
      all.add(this, NetworkRun::release);
    }
  }

  @Override
  public void close() {
    try (Resources all = new Resources()) {
      all.add(stream, DeviceStream::close);
      all.add(engine, NetworkEngine::close);
      all.add(this, NetworkRun::release);
    }
  }
}
