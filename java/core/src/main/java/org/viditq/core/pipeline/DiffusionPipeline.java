package org.viditq.core.pipeline;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.Printable;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.CheckpointLayout;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.Conditioning;
import org.viditq.core.model.DenoiserFamilies;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.InputSpec;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.UnusedTensors;
import org.viditq.core.model.size.PictureSize;
import org.viditq.core.model.size.SizeBins;
import org.viditq.core.model.vae.AutoencoderKl;
import org.viditq.core.model.vae.AutoencoderKlConfig;
import org.viditq.core.operators.NonFiniteTracer;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.cache.ChangeEstimate;
import org.viditq.core.pipeline.cache.ChangeEstimateFile;
import org.viditq.core.pipeline.cache.StepCaching;
import org.viditq.core.pipeline.cache.StepChange;
import org.viditq.core.schedule.Scheduler;
import org.viditq.core.schedule.SchedulerFactory;
import org.viditq.core.tensor.Tensor;

/**
 * From prompts or classes to pictures or clips, with a denoiser of any family. Its parts are
 * resident one after the other: text encoders while prompts are encoded, the denoiser while latents
 * are sampled, the VAE while they are decoded; each gets operators of its own and releases them.
 * Whoever makes picture after picture opens them once ({@link #openEncoders}, {@link
 * #openDenoiser}, {@link #openDecoder}; {@link ResidentParts}). Sizes of requests are taken as they
 * are, as diffusers does with {@code use_resolution_binning=False}; {@link #sizeBins} has the ones
 * that its default chooses among.
 *
 * <pre>{@code
 * DiffusionPipeline pipeline = DiffusionPipeline.open(folder, () -> backend.open(settings));
 * EncodedPrompts prompts = pipeline.encode(List.of("a red circle"), "", progress);
 * List<Clip> clips = pipeline.generate(request, prompts, UnaryOperator.identity(), progress);
 * }</pre>
 */
public final class DiffusionPipeline {
  private static final Logger LOG = LoggerFactory.getLogger(DiffusionPipeline.class);

  /** Metadata of checkpoints that were quantized here. */
  private static final String QUANTIZED = "viditq_format";

  private static final String QUANTIZATION = "quantization_config";

  private final PipelineFolder folder;
  private final Supplier<? extends Operators<?>> backend;
  private final Optional<Supplier<? extends Networks>> networks;
  private final DenoiserModel model;
  private final AutoencoderKlConfig autoencoderConfig;
  private final Scheduler scheduler;
  private final boolean cleansCaptions;

  private DiffusionPipeline(
      PipelineFolder folder,
      Supplier<? extends Operators<?>> backend,
      Optional<Supplier<? extends Networks>> networks,
      DenoiserModel model,
      AutoencoderKlConfig autoencoderConfig,
      Scheduler scheduler,
      boolean cleansCaptions) {
    this.folder = folder;
    this.backend = backend;
    this.networks = networks;
    this.model = model;
    this.autoencoderConfig = autoencoderConfig;
    this.scheduler = scheduler;
    this.cleansCaptions = cleansCaptions;
  }

  /** As {@link #open(PipelineFolder, Supplier, Optional)} with the pipeline's own scheduler. */
  public static DiffusionPipeline open(
      PipelineFolder folder, Supplier<? extends Operators<?>> backend) {
    return open(folder, backend, Optional.empty());
  }

  /**
   * Reads the pipeline's configurations; weights are read when their part is needed.
   *
   * @param backend opens operators for one part
   * @param scheduler one of {@link SchedulerFactory#names()}, on the noise schedule of the
   *     pipeline's own, which is then not built; empty for the pipeline's own
   * @throws org.viditq.core.error.InvalidModelException if a part is missing or not supported
   * @throws UsageException if there is no such scheduler
   */
  public static DiffusionPipeline open(
      PipelineFolder folder, Supplier<? extends Operators<?>> backend, Optional<String> scheduler) {
    DenoiserModel model = readModel(folder);
    JsonConfig schedule = folder.config(Component.SCHEDULER);
    return new DiffusionPipeline(
        folder,
        backend,
        Optional.empty(),
        model,
        readAutoencoder(folder),
        scheduler
            .map(name -> SchedulerFactory.byName(name, schedule))
            .orElseGet(() -> SchedulerFactory.fromConfig(schedule)),
        false);
  }

  /**
   * The same pipeline, which cleans texts before they are encoded: {@code clean_caption=True} of
   * diffusers, see {@link org.viditq.core.text.CaptionCleaning}.
   *
   * @throws UsageException if the model's published pipeline cannot do that
   */
  public DiffusionPipeline withCleanedCaptions() {
    if (!(model.conditioning(folder.className()) instanceof Conditioning.Text)) {
      throw new UsageException(
          "The published pipeline of "
              + model.family()
              + " takes prompts as they are, and has no cleaning; leave out --clean-caption.");
    }
    return new DiffusionPipeline(
        folder, backend, networks, model, autoencoderConfig, scheduler, true);
  }

  /**
   * The same pipeline, whose networks run as a whole each; operators compute what is left to them.
   *
   * @param other opens what runs the networks of one part
   */
  public DiffusionPipeline on(Supplier<? extends Networks> other) {
    return new DiffusionPipeline(
        folder, backend, Optional.of(other), model, autoencoderConfig, scheduler, cleansCaptions);
  }

  /**
   * The denoiser of a pipeline as its configuration and its checkpoint describe it.
   *
   * @throws InvalidModelException if it is not supported, or the checkpoint holds a tensor that the
   *     model does not have
   * @throws org.viditq.core.error.InvalidCheckpointException if it lacks one, or one has another
   *     shape
   */
  public static DenoiserModel readModel(PipelineFolder folder) {
    if (!folder.lists(Component.TRANSFORMER)) {
      throw new InvalidModelException(
          "Pipeline class "
              + folder.className()
              + " of "
              + folder.root()
              + " is not supported: it lists no transformer; those of "
              + DenoiserFamilies.names()
              + " are.");
    }
    JsonConfig config = folder.config(Component.TRANSFORMER);
    try (Checkpoint weights = folder.checkpoint(Component.TRANSFORMER)) {
      DenoiserModel model = DenoiserFamilies.model(config, weights);
      if (!weights.metadata().containsKey(QUANTIZED)) { // these are checked when they are prepared
        requireFullPrecision(config);
        CheckpointLayout.require(model, config, weights);
      }
      return model;
    }
  }

  /** Other programs' quantized weights look like full-precision ones of wrong types and shapes. */
  private static void requireFullPrecision(JsonConfig config) {
    if (config.has(QUANTIZATION)) {
      String method = config.node().get(QUANTIZATION).path("quant_method").asText("");
      throw new InvalidModelException(
          config.source()
              + " has a "
              + QUANTIZATION
              + (method.isEmpty() ? "" : " of " + Printable.name(method))
              + ", but the weights are none that viditq quantize has written; give a transformer in"
              + " full precision.");
    }
  }

  /** The autoencoder of a pipeline as its configuration describes it. */
  public static AutoencoderKlConfig readAutoencoder(PipelineFolder folder) {
    JsonConfig config = folder.config(Component.VAE);
    return switch (folder.className(Component.VAE)) {
      case "AutoencoderKL" -> AutoencoderKlConfig.fromJson(config);
      case "AutoencoderKLTemporalDecoder" -> AutoencoderKlConfig.fromTemporalJson(config);
      default ->
          throw folder
              .index()
              .invalid(
                  Component.VAE.folder(), "of class AutoencoderKL or AutoencoderKLTemporalDecoder");
    };
  }

  public DenoiserModel model() {
    return model;
  }

  public PipelineFolder folder() {
    return folder;
  }

  /** How picture sizes relate to latents. */
  public LatentGrid grid() {
    return new LatentGrid(autoencoderConfig.downsampling(), model.latents());
  }

  /**
   * The sizes that the model's published pipeline keeps to by default; empty if it takes every
   * size, and for models of sizes that there is no table for.
   */
  public Optional<SizeBins> sizeBins() {
    return model.sizeBins().filter(bins -> bins.side() == defaultHeight());
  }

  /** Channels of the values that the autoencoder makes pixels of. */
  int decoderChannels() {
    return autoencoderConfig.blockChannels().get(0);
  }

  /** Height of pictures that the model was trained for, pixels. */
  public int defaultHeight() {
    return model.latents().height() * autoencoderConfig.downsampling();
  }

  /** Width of pictures that the model was trained for, pixels. */
  public int defaultWidth() {
    return model.latents().width() * autoencoderConfig.downsampling();
  }

  /** Frames of clips that the model was trained for; 1 for pictures. */
  public int defaultFrames() {
    return model.latents().frames().orElse(1);
  }

  /**
   * Encodes prompts; what a text encoder cannot take is cut with a warning.
   *
   * @param prompts texts, or for class-conditional models class names or indices
   * @param negativePrompt what guidance leads away from; the empty text is the null caption
   */
  public EncodedPrompts encode(
      List<String> prompts, String negativePrompt, ProgressListener progress) {
    try (PromptEncoders encoders =
        new PromptEncoders(conditioner(), new PipelineParts(backend, networks), false)) {
      return encoders.encode(prompts, negativePrompt, progress);
    }
  }

  /** As {@link #encode(List, String, ProgressListener)} on the caller's operators. */
  public <V> EncodedPrompts encode(
      List<String> prompts,
      String negativePrompt,
      Operators<V> operators,
      ProgressListener progress) {
    try (TextEncoderSource encoders =
        new TextEncoderSource(new OperatorTextEncoders<>(operators), false)) {
      return PromptEncoders.encode(conditioner(), prompts, negativePrompt, encoders, progress);
    }
  }

  /**
   * What a text such as {@code auto} or {@code interval:2} asks for with this model; see {@link
   * StepCaching#parse}.
   *
   * @param stepChanges file of the fit that thresholds go by; empty for the one in the pipeline's
   *     folder, if there is one
   * @throws UsageException if it asks for nothing that there is
   * @throws InvalidModelException if the file is none, or of another model
   */
  public StepCaching caching(String text, Optional<Path> stepChanges) {
    StepCaching plain = StepCaching.parse(text, ChangeEstimate.IDENTITY);
    if (plain.threshold().isEmpty()) {
      return plain;
    }
    Optional<ChangeEstimate> fitted =
        stepChanges.isEmpty()
            ? ChangeEstimateFile.find(folder.root(), model)
            : Optional.of(ChangeEstimateFile.read(stepChanges.get(), model));
    if (fitted.isEmpty() && text.equals("auto")) {
      LOG.warn(
          "The model's folder has no {}, so the step caching auto takes the change of the blocks'"
              + " input as that of their output; viditq calibrate --step-changes fits it.",
          ChangeEstimateFile.NAME);
    }
    return StepCaching.parse(text, fitted.orElse(ChangeEstimate.IDENTITY));
  }

  /** The text encoders, which stay loaded from their first use until the caller closes them. */
  public PromptEncoders openEncoders() {
    return new PromptEncoders(conditioner(), new PipelineParts(backend, networks), true);
  }

  private Conditioner conditioner() {
    return Conditioner.of(folder, model, cleansCaptions);
  }

  /**
   * Makes the transformer ready; the caller closes it.
   *
   * @param parameters turns the stored parameters to those to use: quantized ones, or the same
   */
  public Denoiser openDenoiser(UnaryOperator<Parameters> parameters) {
    PipelineParts parts = new PipelineParts(backend, networks);
    try {
      return openDenoiser(
          parameters, (chosen, release) -> parts.denoiser(model, chosen, release), parts::close);
    } catch (RuntimeException | Error unprepared) {
      parts.close();
      throw unprepared;
    }
  }

  /** As {@link #openDenoiser(UnaryOperator)} on the caller's operators, which stay open. */
  public <V> Denoiser openDenoiser(UnaryOperator<Parameters> parameters, Operators<V> operators) {
    return openDenoiser(
        parameters,
        (chosen, release) -> new ModelDenoiser<>(model, chosen, operators, release),
        () -> {});
  }

  private Denoiser openDenoiser(
      UnaryOperator<Parameters> parameters,
      BiFunction<Parameters, Runnable, Denoiser> prepare,
      Runnable release) {
    Checkpoint weights = folder.checkpoint(Component.TRANSFORMER);
    try {
      CheckpointParameters stored = new CheckpointParameters(weights);
      Parameters chosen = parameters.apply(stored);
      Denoiser denoiser =
          prepare.apply(
              chosen,
              () -> {
                release.run();
                weights.close();
              });
      UnusedTensors.require(
          chosen.unused(),
          chosen == stored ? weights.source() : "The quantized checkpoint",
          folder.config(Component.TRANSFORMER));
      return denoiser;
    } catch (RuntimeException | Error unprepared) {
      weights.close();
      throw unprepared;
    }
  }

  /**
   * Checks a request before any work is done for it.
   *
   * @throws UsageException if this model cannot make pictures of that size, its scheduler cannot
   *     take that many steps, or networks run as a whole and cannot cache what the request says
   */
  public void requireFit(GenerationRequest request) {
    grid().requireSize(request.frames(), request.height(), request.width());
    int unit = autoencoderConfig.downsampling();
    model.requireLatents(request.frames(), request.height() / unit, request.width() / unit);
    request.finalSize().ifPresent(LatentGrid::requireFinalSize);
    request.times().start(scheduler, request.steps());
    if (networks.isPresent()) {
      request.caching().requireOfWholeNetworks();
    }
  }

  /**
   * Checks before any work is done for it whether a request can start from a picture.
   *
   * @throws UsageException if the model makes clips, the strength leaves no step, or the scheduler
   *     cannot begin there
   */
  public void requireStart(GenerationRequest request, double strength) {
    if (model.latents().isVideo()) {
      throw new UsageException(
          "This model makes clips, and only pictures can start from a picture; leave out --image.");
    }
    int first = StartingPicture.firstStep(request.steps(), strength) * scheduler.order();
    request.times().start(scheduler, request.steps()).begin(first);
  }

  /**
   * Encodes a picture that sampling is to start from.
   *
   * @param picture of the size that the request samples
   * @param strength see {@link StartingPicture}
   * @throws InvalidModelException if the VAE has no encoder
   */
  public StartingPicture encodePicture(Image picture, double strength) {
    try (Operators<?> operators = backend.get()) {
      return encodePicture(picture, strength, operators);
    }
  }

  private <V> StartingPicture encodePicture(
      Image picture, double strength, Operators<V> operators) {
    NonFiniteTracer<V> traced = new NonFiniteTracer<>(operators);
    try (Checkpoint weights = folder.checkpoint(Component.VAE)) {
      if (!weights.contains("encoder.conv_in.weight")) {
        throw new InvalidModelException(
            "The VAE of "
                + folder.root()
                + " holds no encoder, so that nothing can start from a picture; leave out --image,"
                + " or put the whole VAE of the published model there.");
      }
      AutoencoderKl<V> autoencoder =
          new AutoencoderKl<>(autoencoderConfig, new CheckpointParameters(weights), traced);
      return new StartingPicture(
          new PictureEncoder<>(autoencoder, traced).encode(picture),
          autoencoderConfig.scalingFactor(),
          strength);
    }
  }

  /**
   * Samples latents with a denoiser.
   *
   * @return [B, C, (T,) h, w], as the VAE's encoder scales them
   * @throws UsageException if the request does not fit the model or the prompts
   */
  public Tensor sample(
      GenerationRequest request,
      EncodedPrompts prompts,
      Denoiser denoiser,
      SamplingListener listener,
      ProgressListener progress) {
    requireInputs(prompts);
    return new LatentSampler(scheduler, grid())
        .sample(request, padded(prompts), denoiser, listener, progress);
  }

  /**
   * How much blocks and their input change from step to step while latents are sampled, in full
   * precision.
   *
   * @throws UsageException if networks run as a whole
   */
  public List<StepChange> stepChanges(
      GenerationRequest request, EncodedPrompts prompts, ProgressListener progress) {
    StepChange.Recorder recorder = new StepChange.Recorder();
    try (Denoiser denoiser = openDenoiser(UnaryOperator.identity());
        CachedSampling observed = denoiser.observe(recorder, request.seeds().size())) {
      sample(
          request.caching(StepCaching.NONE),
          prompts,
          new ObservedDenoiser(denoiser.model(), observed),
          SamplingListener.NONE,
          progress);
    }
    return recorder.changes();
  }

  /** With their padding treated as the model's published pipeline does. */
  private EncodedPrompts padded(EncodedPrompts prompts) {
    return model.conditioning(folder.className()) instanceof Conditioning.Text text
            && text.padding() == Conditioning.Padding.MASK_OF_PROMPT
        ? prompts.withMaskOfPrompt()
        : prompts;
  }

  /** Encoded prompts may come from a file that was made with another model. */
  private void requireInputs(EncodedPrompts prompts) {
    for (InputSpec input : model.inputs()) {
      Optional<Tensor> given = prompts.positive().find(input.name());
      if (given.isPresent()) {
        requireExtents(input, given.get());
      } else if (input.name().equals(InputNames.TEXT)
          || input.name().equals(InputNames.TEXT_2)
          || input.name().equals(InputNames.LABELS)) {
        throw new ShapeException(
            "The encoded prompts hold no "
                + input.name()
                + ", which this model takes; encode them with its own pipeline.");
      }
    }
  }

  private static void requireExtents(InputSpec input, Tensor given) {
    int rank = input.axes().size();
    boolean fits = given.shape().rank() == rank;
    for (int axis = 0; fits && axis < rank; axis++) {
      InputSpec.Axis expected = input.axes().get(axis);
      fits = !expected.isFixed() || given.dim(axis) == expected.fixed();
    }
    if (!fits) {
      throw new ShapeException(
          "The encoded prompts have "
              + input.name()
              + " "
              + given.shape()
              + ", but the transformer takes "
              + input.describe()
              + "; they belong to another text encoder.");
    }
  }

  /** Decodes sampled latents [B, C, (T,) h, w] to clips of the size that they were sampled at. */
  public List<Clip> decode(Tensor latents, double framesPerSecond, ProgressListener progress) {
    return decode(latents, framesPerSecond, Optional.empty(), progress);
  }

  /** Decodes latents [B, C, (T,) h, w] that a request asked for, to clips of its final size. */
  public List<Clip> decode(Tensor latents, GenerationRequest request, ProgressListener progress) {
    return decode(latents, request.framesPerSecond(), request.finalSize(), progress);
  }

  private List<Clip> decode(
      Tensor latents,
      double framesPerSecond,
      Optional<PictureSize> finalSize,
      ProgressListener progress) {
    try (ClipDecoder decoder = openDecoder()) {
      return decoder.decode(latents, framesPerSecond, finalSize, progress);
    }
  }

  /** As {@link #decode(Tensor, double, ProgressListener)} on the caller's operators. */
  public <V> List<Clip> decode(
      Tensor latents, double framesPerSecond, Operators<V> operators, ProgressListener progress) {
    try (ClipDecoder decoder =
        new ClipDecoder(
            folder,
            autoencoderConfig,
            parameters -> PipelineParts.decoder(autoencoderConfig, parameters, operators),
            () -> {},
            () -> {})) {
      return decoder.decode(latents, framesPerSecond, Optional.empty(), progress);
    }
  }

  /**
   * Makes the decoder ready; the caller closes it.
   *
   * @throws org.viditq.core.error.InvalidCheckpointException if its weights do not fit its
   *     configuration
   */
  public ClipDecoder openDecoder() {
    PipelineParts parts = new PipelineParts(backend, networks);
    try {
      return new ClipDecoder(
          folder,
          autoencoderConfig,
          parameters -> parts.decoder(autoencoderConfig, parameters),
          parts::releaseIdleMemory,
          parts::close);
    } catch (RuntimeException | Error unprepared) {
      parts.close();
      throw unprepared;
    }
  }

  /**
   * Samples and decodes one clip per prompt.
   *
   * @param parameters as for {@link #openDenoiser(UnaryOperator)}
   */
  public List<Clip> generate(
      GenerationRequest request,
      EncodedPrompts prompts,
      UnaryOperator<Parameters> parameters,
      ProgressListener progress) {
    requireFit(request);
    Tensor latents;
    try (Denoiser denoiser = openDenoiser(parameters)) {
      latents = sample(request, prompts, denoiser, SamplingListener.NONE, progress);
    }
    return decode(latents, request, progress);
  }
}
