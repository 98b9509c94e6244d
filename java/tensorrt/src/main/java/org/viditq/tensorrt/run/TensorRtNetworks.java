package org.viditq.tensorrt.run;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.viditq.core.error.BackendException;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.bert.BertConfig;
import org.viditq.core.model.t5.T5Config;
import org.viditq.core.model.vae.AutoencoderKlConfig;
import org.viditq.core.pipeline.DecoderNetwork;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.Networks;
import org.viditq.core.pipeline.TextNetwork;
import org.viditq.onnx.AutoencoderGraph;
import org.viditq.onnx.DenoiserGraph;
import org.viditq.onnx.OnnxGraph;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.StepCachingGraphs;
import org.viditq.onnx.TextEncoderGraph;
import org.viditq.tensorrt.engine.EngineSource;
import org.viditq.tensorrt.runtime.DeviceRuntime;

/** Runs the networks of a pipeline as engines of one device. */
public final class TensorRtNetworks implements Networks {
  private final DeviceRuntime runtime;
  private final EngineSource source;
  private final OnnxOptions options;
  private final Consumer<String> left;

  /**
   * @param runtime closed with this
   * @param source of engines, closed with this
   * @param options how networks are recorded: in the plugin dialect
   * @param left told why a part is left to operators, a clause
   */
  public TensorRtNetworks(
      DeviceRuntime runtime, EngineSource source, OnnxOptions options, Consumer<String> left) {
    this.runtime = runtime;
    this.source = source;
    this.options = options;
    this.left = left;
  }

  @Override
  public Optional<Denoiser> denoiser(DenoiserModel model, Parameters parameters, Runnable release) {
    return recorded(
            () -> DenoiserGraph.recordOpen(model, parameters, options, OptionalDouble.empty()))
        .map(
            graph ->
                new EngineDenoiser(
                    model,
                    run("transformer", graph, InputNames.PREDICTION),
                    () ->
                        new CachingEngines(
                            runtime,
                            source,
                            model,
                            StepCachingGraphs.record(model, parameters, options)),
                    release));
  }

  @Override
  public Optional<TextNetwork> t5(T5Config config, Parameters parameters) {
    return recorded(() -> TextEncoderGraph.recordT5(config, parameters, options))
        .map(
            graph -> new EngineTextNetwork(run("t5", graph, InputNames.TEXT), config.vocabulary()));
  }

  @Override
  public Optional<TextNetwork> bert(BertConfig config, Parameters parameters) {
    return recorded(() -> TextEncoderGraph.recordBert(config, parameters, options))
        .map(
            graph ->
                new EngineTextNetwork(run("bert", graph, InputNames.TEXT), config.vocabulary()));
  }

  @Override
  public Optional<DecoderNetwork> decoder(AutoencoderKlConfig config, Parameters parameters) {
    return recorded(() -> AutoencoderGraph.recordDecoder(config, parameters, options))
        .map(graph -> new EngineDecoder(run("vae", graph, AutoencoderGraph.PICTURES)));
  }

  /** A graph; empty, and said, if the network holds what no graph can. */
  private Optional<OnnxGraph> recorded(Supplier<OnnxGraph> record) {
    try {
      return Optional.of(record.get());
    } catch (BackendException notRecordable) {
      left.accept(notRecordable.getMessage());
      return Optional.empty();
    }
  }

  private NetworkRun run(String name, OnnxGraph graph, String output) {
    return new NetworkRun(runtime, source, name, graph, output);
  }

  @Override
  public void close() {
    try (Resources all = new Resources()) {
      all.add(runtime, DeviceRuntime::close);
      all.add(source, EngineSource::close);
    }
  }
}
