package org.viditq.onnxruntime;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.core.error.BackendException;
import org.viditq.core.io.AtomicOutput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.bert.BertConfig;
import org.viditq.core.model.t5.T5Config;
import org.viditq.core.model.vae.AutoencoderKlConfig;
import org.viditq.core.operators.BackendSettings;
import org.viditq.core.pipeline.DecoderNetwork;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.Networks;
import org.viditq.core.pipeline.TextNetwork;
import org.viditq.onnx.DenoiserGraph;
import org.viditq.onnx.FloatFormat;
import org.viditq.onnx.OnnxGraph;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.OnnxOptions.AttentionForm;
import org.viditq.onnx.StepCachingGraphs;

/**
 * Denoisers as graphs; the rest, whose float32 graphs would be larger than what they are made of,
 * not.
 */
final class OnnxRuntimeNetworks implements Networks {
  private static final Logger LOG = LoggerFactory.getLogger(OnnxRuntimeNetworks.class);
  private static final OnnxOptions OPTIONS =
      OnnxOptions.plugin(FloatFormat.FP32, AttentionForm.ONNX_RUNTIME);

  private final BackendSettings settings;
  private final List<Denoiser> denoisers = new ArrayList<>();

  OnnxRuntimeNetworks(BackendSettings settings) {
    this.settings = settings;
  }

  /**
   * {@inheritDoc} One that no graph can hold is left to operators. Graphs lie in a temporary folder
   * (the settings' cache folder, if there is one) until ONNX Runtime has mapped them. Those of step
   * caching are recorded when a sampling asks for them.
   */
  @Override
  public Optional<Denoiser> denoiser(DenoiserModel model, Parameters parameters, Runnable release) {
    OnnxGraph graph;
    try {
      graph = DenoiserGraph.recordOpen(model, parameters, OPTIONS, OptionalDouble.empty());
    } catch (BackendException notRecordable) {
      LOG.warn("{} It is computed by operators.", notRecordable.getMessage());
      return Optional.empty();
    }
    Denoiser denoiser =
        new RecordedDenoiser(
            model,
            () -> inScratch(folder -> whole(model, graph, folder)),
            () ->
                inScratch(
                    folder ->
                        new CachingSessions(
                            model,
                            StepCachingGraphs.record(model, parameters, OPTIONS),
                            folder,
                            settings.threads())),
            release);
    denoisers.add(denoiser);
    return Optional.of(denoiser);
  }

  private GraphDenoiser whole(DenoiserModel model, OnnxGraph graph, Path folder) {
    Path own = folder.resolve("graph");
    graph.write(own);
    return GraphDenoiser.open(
        model, own.resolve(OnnxGraph.MODEL_FILE), OperatorLibrary.NATIVE, settings.threads());
  }

  /** Loads something from graphs in a folder that is gone afterwards. */
  private <T> T inScratch(Function<Path, T> load) {
    Path parent = settings.cache().orElseGet(() -> Path.of(System.getProperty("java.io.tmpdir")));
    String name = "viditq-onnxruntime-" + ProcessHandle.current().pid();
    try (AtomicOutput scratch = AtomicOutput.folder(parent.resolve(name))) {
      return load.apply(scratch.path());
    }
  }

  @Override
  public Optional<TextNetwork> t5(T5Config config, Parameters parameters) {
    return Optional.empty();
  }

  @Override
  public Optional<TextNetwork> bert(BertConfig config, Parameters parameters) {
    return Optional.empty();
  }

  @Override
  public Optional<DecoderNetwork> decoder(AutoencoderKlConfig config, Parameters parameters) {
    return Optional.empty();
  }

  @Override
  public void close() {
    denoisers.forEach(Denoiser::close);
  }
}
