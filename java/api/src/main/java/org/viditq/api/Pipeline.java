package org.viditq.api;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.UsageException;
import org.viditq.core.machine.MachineMemory;
import org.viditq.core.operators.Backend;
import org.viditq.core.operators.BackendSettings;
import org.viditq.core.operators.Backends;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.Clip;
import org.viditq.core.pipeline.ClipDecoder;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.PartWeights;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.PromptEncoders;
import org.viditq.core.pipeline.RecordingBackend;
import org.viditq.core.pipeline.ResidentParts;
import org.viditq.core.pipeline.SamplingListener;
import org.viditq.core.tensor.Tensor;
import org.viditq.media.GenerationFacts;
import org.viditq.quantize.apply.ChosenParameters;
import org.viditq.quantize.apply.QuantizationListener;
import org.viditq.quantize.apply.TransformerChoice;
import org.viditq.quantize.calibrate.CalibrationStatisticsFile;
import org.viditq.quantize.plan.BuiltInPlans;

/**
 * A model that makes pictures or clips.
 *
 * <pre>{@code
 * try (Pipeline pipeline = Pipeline.open(Path.of("DIR"), PipelineOptions.DEFAULT.withPlan("w8a8"))) {
 *   pipeline.generate(Generation.of("a fox").withSeed(42)).write(Path.of("fox.png"));
 * }
 * }</pre>
 *
 * <p>The same generation gives the same pixels every time, and those of the viditq command. The
 * transformer is made ready by the first generation and stays in memory until the pipeline is
 * closed. Text encoders and the decoder, each made ready when it is first needed, stay as well
 * where the weights of all fit into {@link PipelineOptions#memoryBudget()}; otherwise they are
 * there only while they work. The last {@value #REMEMBERED} prompts stay encoded.
 *
 * <p>Thread-safe: generations of several threads take turns, each on all threads of the backend.
 * For more at a time, open more pipelines with fewer threads each.
 */
public final class Pipeline implements AutoCloseable {
  private static final int REMEMBERED = 8;

  /** What a text encoder is asked. */
  private record Texts(String prompt, String negativePrompt) {}

  private final DiffusionPipeline pipeline;
  private final Backend backend;
  private final ChosenParameters chosen;
  private final ReentrantLock turn = new ReentrantLock(true);

  // Below: read and written by whose turn it is.
  private final Map<Texts, EncodedPrompts> encoded = new LinkedHashMap<>(16, 0.75f, true);
  private final ResidentParts<Part> parts;
  private final PartWeights weights;
  private boolean closed;

  private enum Part {
    ENCODERS,
    DENOISER,
    DECODER
  }

  private Pipeline(
      DiffusionPipeline pipeline,
      Backend backend,
      ChosenParameters chosen,
      PartWeights weights,
      long memoryBudget) {
    this.pipeline = pipeline;
    this.backend = backend;
    this.chosen = chosen;
    this.weights = weights;
    this.parts = new ResidentParts<>(memoryBudget, displaced -> {});
  }

  /** Opens a model as it is published, on the best backend of this machine. */
  public static Pipeline open(Path model) {
    return open(model, PipelineOptions.DEFAULT);
  }

  /**
   * Opens a model: checks its configuration, and quantizes it where that is asked for.
   *
   * @param model a diffusers pipeline folder, which holds {@code model_index.json}
   * @throws org.viditq.core.error.InvalidModelException if it is none, or not supported
   * @throws org.viditq.core.error.InvalidCheckpointException if its weights cannot be read
   * @throws org.viditq.core.error.InvalidPlanException if the plan does not fit it
   * @throws org.viditq.core.error.BackendException if the backend cannot run here
   * @throws org.viditq.core.error.UsageException if there is no such plan, backend or scheduler
   */
  public static Pipeline open(Path model, PipelineOptions options) {
    TransformerChoice choice = choice(options);
    PipelineFolder folder = choice.configure(PipelineFolder.open(model));
    Backend backend = Backends.find(options.backend());
    backend.requireSupport(options.precision());
    int cores = Runtime.getRuntime().availableProcessors();
    BackendSettings settings =
        BackendSettings.threads(Math.min(options.threads().orElse(cores), cores))
            .withPrecision(options.precision());
    Supplier<Operators<?>> operators = () -> backend.open(settings);
    DiffusionPipeline pipeline = DiffusionPipeline.open(folder, operators, options.scheduler());
    if (backend instanceof RecordingBackend recording) {
      pipeline = pipeline.on(() -> recording.networks(settings));
    }
    PartWeights weights = PartWeights.of(pipeline, choice.weightForm(options.precision()));
    return new Pipeline(
        pipeline,
        backend,
        choice.open(folder, operators, QuantizationListener.NONE),
        weights,
        options.memoryBudget().orElseGet(Pipeline::half));
  }

  /** Of the memory that this process may have. */
  private static long half() {
    return MachineMemory.current().map(MachineMemory::limit).orElse(Long.MAX_VALUE) / 2;
  }

  private static TransformerChoice choice(PipelineOptions options) {
    if (options.statistics().isPresent() && options.plan().isEmpty()) {
      throw new UsageException("Statistics go with a plan; give one, or leave them out.");
    }
    if (options.quantized().isPresent()) {
      return TransformerChoice.stored(options.quantized().get());
    }
    return options
        .plan()
        .map(
            plan ->
                TransformerChoice.byPlan(
                    BuiltInPlans.find(plan),
                    options.statistics().map(CalibrationStatisticsFile::read)))
        .orElse(TransformerChoice.OF_PIPELINE);
  }

  /** Name of the plan that the transformer is quantized by; {@code full-precision} for none. */
  public String plan() {
    return chosen.plan();
  }

  /** Name of the backend that computes. */
  public String backend() {
    return backend.name();
  }

  /** Whether the model makes clips; otherwise pictures. */
  public boolean makesClips() {
    return pipeline.model().latents().isVideo();
  }

  /** Width that the model was trained for, pixels. */
  public int defaultWidth() {
    return pipeline.defaultWidth();
  }

  /** Height that the model was trained for, pixels. */
  public int defaultHeight() {
    return pipeline.defaultHeight();
  }

  /** As {@link #generate(Generation, ProgressListener)}, with nobody listening. */
  public Generated generate(Generation generation) {
    return generate(generation, ProgressListener.NONE);
  }

  /**
   * Makes a picture or clip; waits until those that were asked for before are made.
   *
   * @param progress called from this thread; what it throws ends the generation, comes out of this
   *     method, and leaves the pipeline as it was
   * @throws org.viditq.core.error.UsageException if the model cannot make that; found out before
   *     any work is done
   * @throws CancelledException if this thread is interrupted, within one sampling step
   * @throws IllegalStateException if the pipeline is closed, or it is the listener that asks
   */
  public Generated generate(Generation generation, ProgressListener progress) {
    requireNotListening();
    try {
      turn.lockInterruptibly();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw cancelled();
    }
    try {
      if (closed) {
        throw new IllegalStateException("The pipeline is closed.");
      }
      return make(generation, cancellable(progress));
    } finally {
      turn.unlock();
    }
  }

  /** The lock would let a listener in, whose parts are in use. */
  private void requireNotListening() {
    if (turn.isHeldByCurrentThread()) {
      throw new IllegalStateException(
          "A listener cannot use or close the pipeline that it listens to; throw an exception in it"
              + " to end the generation.");
    }
  }

  private Generated make(Generation generation, ProgressListener progress) {
    GenerationRequest request =
        generation
            .sampling()
            .request(pipeline, List.of(generation.seed()), Optional.empty())
            .caching(pipeline.caching(generation.cache(), Optional.empty()));
    pipeline.requireFit(request);
    EncodedPrompts prompts = encode(generation, progress);
    Clip clip = decode(sample(request, prompts, progress), request, progress);
    return new Generated(
        clip,
        facts(generation, request)
            .provenance(generation.prompt(), Long.toString(generation.seed())));
  }

  private Tensor sample(
      GenerationRequest request, EncodedPrompts prompts, ProgressListener progress) {
    try (ResidentParts.Lease<Denoiser> denoiser =
        parts.lease(
            Part.DENOISER,
            Denoiser.class,
            weights.denoiser(),
            () -> pipeline.openDenoiser(chosen.parameters()))) {
      return pipeline.sample(request, prompts, denoiser.part(), SamplingListener.NONE, progress);
    }
  }

  private Clip decode(Tensor latents, GenerationRequest request, ProgressListener progress) {
    try (ResidentParts.Lease<ClipDecoder> decoder =
        parts.leaseBeside(
            EnumSet.allOf(Part.class),
            Part.DECODER,
            ClipDecoder.class,
            weights.decoder(),
            pipeline::openDecoder)) {
      return decoder.part().decode(latents, request, progress).get(0);
    }
  }

  private EncodedPrompts encode(Generation generation, ProgressListener progress) {
    Texts texts = new Texts(generation.prompt(), generation.negativePrompt());
    EncodedPrompts known = encoded.get(texts);
    if (known != null) {
      return known;
    }
    EncodedPrompts made;
    try (ResidentParts.Lease<PromptEncoders> encoders =
        parts.leaseBeside(
            EnumSet.allOf(Part.class),
            Part.ENCODERS,
            PromptEncoders.class,
            weights.encoders(),
            pipeline::openEncoders)) {
      made = encoders.part().encode(List.of(texts.prompt()), texts.negativePrompt(), progress);
    }
    encoded.put(texts, made);
    if (encoded.size() > REMEMBERED) {
      encoded.remove(encoded.keySet().iterator().next());
    }
    return made;
  }

  private GenerationFacts facts(Generation generation, GenerationRequest request) {
    String version = Pipeline.class.getPackage().getImplementationVersion();
    Map<String, String> others = new LinkedHashMap<>();
    if (!generation.negativePrompt().isEmpty()) {
      others.put("negative_prompt", generation.negativePrompt());
    }
    if (request.caching().isOn()) {
      others.put("cache", generation.cache());
    }
    return new GenerationFacts(
        request,
        chosen.plan(),
        pipeline.folder().root().toString(),
        version == null ? "viditq" : "viditq " + version,
        others);
  }

  private static ProgressListener cancellable(ProgressListener progress) {
    return (stage, done, total) -> {
      if (Thread.currentThread().isInterrupted()) {
        throw cancelled();
      }
      progress.progress(stage, done, total);
    };
  }

  private static CancelledException cancelled() {
    return new CancelledException(
        "The generation was cancelled, because its thread was interrupted.");
  }

  /**
   * Waits for the generation that runs, and releases the model. A second time does nothing.
   *
   * @throws IllegalStateException if it is the listener of that generation who asks
   */
  @Override
  public void close() {
    requireNotListening();
    turn.lock();
    try {
      if (!closed) {
        closed = true;
        encoded.clear();
        try (chosen) {
          parts.close();
        }
      }
    } finally {
      turn.unlock();
    }
  }
}
