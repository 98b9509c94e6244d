package org.viditq.core.pipeline;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.diffusers.PipelineKind;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.CheckpointParameters;
import org.viditq.core.model.Parameters;
import org.viditq.core.model.pixart.PixArtConfig;
import org.viditq.core.model.t5.T5Config;
import org.viditq.core.model.t5.T5Encoder;
import org.viditq.core.model.vae.AutoencoderKl;
import org.viditq.core.model.vae.AutoencoderKlConfig;
import org.viditq.core.operators.NonFiniteTracer;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.ProgressListener.Stage;
import org.viditq.core.schedule.Scheduler;
import org.viditq.core.schedule.SchedulerFactory;
import org.viditq.core.tensor.Tensor;
import org.viditq.core.text.T5Tokenizer;

/**
 * PixArt-α and PixArt-Σ from text to picture. Its parts are resident one after the other: the text
 * encoder while prompts are encoded, the transformer while latents are sampled, the VAE while they
 * are decoded; each gets operators of its own and releases them. Sizes are taken as they are, as
 * diffusers does with {@code use_resolution_binning=False}.
 *
 * <pre>{@code
 * TextToImagePipeline pipeline = TextToImagePipeline.open(folder, () -> backend.open(threads));
 * PromptEmbeddings prompts = pipeline.encode(List.of("a red circle"), "", progress);
 * List<Image> images = pipeline.generate(request, prompts, UnaryOperator.identity(), progress);
 * }</pre>
 */
public final class TextToImagePipeline {
  private static final Logger LOG = LoggerFactory.getLogger(TextToImagePipeline.class);
  private static final int ALPHA_TEXT_TOKENS = 120;
  private static final int SIGMA_TEXT_TOKENS = 300;

  private final PipelineFolder folder;
  private final Supplier<? extends Operators<?>> backend;
  private final PixArtConfig transformerConfig;
  private final AutoencoderKlConfig autoencoderConfig;
  private final Scheduler scheduler;

  private TextToImagePipeline(
      PipelineFolder folder,
      Supplier<? extends Operators<?>> backend,
      PixArtConfig transformerConfig,
      AutoencoderKlConfig autoencoderConfig,
      Scheduler scheduler) {
    this.folder = folder;
    this.backend = backend;
    this.transformerConfig = transformerConfig;
    this.autoencoderConfig = autoencoderConfig;
    this.scheduler = scheduler;
  }

  /**
   * Reads the pipeline's configurations; weights are read when their part is needed.
   *
   * @param backend opens operators for one part
   * @throws org.viditq.core.error.InvalidModelException if a part is missing or not supported
   */
  public static TextToImagePipeline open(
      PipelineFolder folder, Supplier<? extends Operators<?>> backend) {
    return new TextToImagePipeline(
        folder,
        backend,
        PixArtConfig.fromJson(folder.config(Component.TRANSFORMER)),
        AutoencoderKlConfig.fromJson(folder.config(Component.VAE)),
        SchedulerFactory.fromConfig(folder.config(Component.SCHEDULER)));
  }

  /**
   * The same pipeline with another scheduler on the same noise schedule.
   *
   * @param name one of {@link SchedulerFactory#names()}
   * @throws UsageException if there is no such scheduler
   */
  public TextToImagePipeline withScheduler(String name) {
    return new TextToImagePipeline(
        folder,
        backend,
        transformerConfig,
        autoencoderConfig,
        SchedulerFactory.byName(name, folder.config(Component.SCHEDULER)));
  }

  public PixArtConfig transformerConfig() {
    return transformerConfig;
  }

  /** How picture sizes relate to latents. */
  public LatentGrid grid() {
    return new LatentGrid(autoencoderConfig.downsampling(), transformerConfig.patchSize());
  }

  /** Height and width of pictures that the model was trained for, pixels. */
  public int defaultSize() {
    return transformerConfig.sampleSize() * autoencoderConfig.downsampling();
  }

  /** Tokens that prompts are cut or padded to: 120 for PixArt-α, 300 for PixArt-Σ. */
  public int textTokens() {
    return folder.kind() == PipelineKind.PIXART_SIGMA ? SIGMA_TEXT_TOKENS : ALPHA_TEXT_TOKENS;
  }

  /**
   * Encodes prompts. Longer ones than {@link #textTokens()} are cut with a warning.
   *
   * @param negativePrompt what guidance leads away from; the empty text is the null caption
   */
  public PromptEmbeddings encode(
      List<String> prompts, String negativePrompt, ProgressListener progress) {
    try (Operators<?> operators = backend.get()) {
      return encode(prompts, negativePrompt, operators, progress);
    }
  }

  /** As {@link #encode(List, String, ProgressListener)} on the caller's operators. */
  public <V> PromptEmbeddings encode(
      List<String> prompts,
      String negativePrompt,
      Operators<V> operators,
      ProgressListener progress) {
    if (prompts.isEmpty()) {
      throw new UsageException("There is no prompt; give at least one.");
    }
    T5Config config = T5Config.fromJson(folder.config(Component.TEXT_ENCODER));
    try (T5Tokenizer tokenizer = T5Tokenizer.open(folder.folder(Component.TOKENIZER));
        Checkpoint weights = folder.checkpoint(Component.TEXT_ENCODER)) {
      NonFiniteTracer<V> traced = new NonFiniteTracer<>(operators);
      T5Encoder<V> encoder = new T5Encoder<>(config, new CheckpointParameters(weights), traced);
      PromptEncoder<V> encode = new PromptEncoder<>(tokenizer, encoder, traced, textTokens());
      Counter encoded = new Counter(progress, Stage.ENCODING, prompts.size() + 1);
      TextEmbeddings positive = encode.encode(prompts, encoded);
      TextEmbeddings negative = encode.encode(List.of(negativePrompt), encoded);
      return new PromptEmbeddings(prompts, positive, Optional.of(negative));
    }
  }

  /**
   * Makes the transformer ready; the caller closes it.
   *
   * @param parameters turns the stored parameters to those to use: quantized ones, or the same
   */
  public Denoiser openDenoiser(UnaryOperator<Parameters> parameters) {
    Operators<?> operators = backend.get();
    try {
      return openDenoiser(parameters, operators, operators::close);
    } catch (RuntimeException | Error unprepared) {
      operators.close();
      throw unprepared;
    }
  }

  /** As {@link #openDenoiser(UnaryOperator)} on the caller's operators, which stay open. */
  public <V> Denoiser openDenoiser(UnaryOperator<Parameters> parameters, Operators<V> operators) {
    return openDenoiser(parameters, operators, () -> {});
  }

  private <V> Denoiser openDenoiser(
      UnaryOperator<Parameters> parameters, Operators<V> operators, Runnable closeOperators) {
    Checkpoint weights = folder.checkpoint(Component.TRANSFORMER);
    try {
      CheckpointParameters stored = new CheckpointParameters(weights);
      Parameters chosen = parameters.apply(stored);
      Denoiser denoiser =
          new PixArtDenoiser<>(
              transformerConfig,
              chosen,
              operators,
              () -> {
                closeOperators.run();
                weights.close();
              });
      if (chosen == stored) { // of a quantized model, the replaced weights are not used either
        warnOfUnused(stored, weights);
      }
      return denoiser;
    } catch (RuntimeException | Error unprepared) {
      weights.close();
      throw unprepared;
    }
  }

  /** Tensors that the model does not know hint at a configuration of another model. */
  private static void warnOfUnused(CheckpointParameters stored, Checkpoint weights) {
    List<String> unused = stored.unused();
    if (!unused.isEmpty()) {
      LOG.warn(
          "The model does not use {} of the {} tensors of {}, among them {}.",
          unused.size(),
          weights.names().size(),
          weights.source(),
          unused.get(0));
    }
  }

  /**
   * Checks a request before any work is done for it.
   *
   * @throws UsageException if this model cannot make pictures of that size, or its scheduler cannot
   *     take that many steps
   */
  public void requireFit(GenerationRequest request) {
    grid().requireSize(request.height(), request.width());
    scheduler.start(request.steps());
  }

  /**
   * Samples latents with a denoiser.
   *
   * @return [B, C, h, w], as the VAE's encoder scales them
   * @throws UsageException if the request does not fit the model or the prompts
   */
  public Tensor sample(
      GenerationRequest request,
      PromptEmbeddings prompts,
      Denoiser denoiser,
      SamplingListener listener,
      ProgressListener progress) {
    requireTextWidth(prompts);
    return new LatentSampler(scheduler, grid())
        .sample(request, prompts, denoiser, listener, progress);
  }

  /** Embeddings may come from a file that was made with another model. */
  private void requireTextWidth(PromptEmbeddings prompts) {
    int expected = transformerConfig.captionChannels().orElse(transformerConfig.channels());
    if (prompts.positive().features() != expected) {
      throw new ShapeException(
          "The prompt embeddings have "
              + prompts.positive().features()
              + " features per token, but the transformer takes "
              + expected
              + "; they belong to another text encoder.");
    }
  }

  /** Decodes sampled latents [B, C, h, w] to pictures. */
  public List<Image> decode(Tensor latents, ProgressListener progress) {
    try (Operators<?> operators = backend.get()) {
      return decode(latents, operators, progress);
    }
  }

  /** As {@link #decode(Tensor, ProgressListener)} on the caller's operators. */
  public <V> List<Image> decode(Tensor latents, Operators<V> operators, ProgressListener progress) {
    NonFiniteTracer<V> traced = new NonFiniteTracer<>(operators);
    try (Checkpoint weights = folder.checkpoint(Component.VAE)) {
      AutoencoderKl<V> autoencoder =
          new AutoencoderKl<>(autoencoderConfig, new CheckpointParameters(weights), traced);
      Counter decoded = new Counter(progress, Stage.DECODING, latents.dim(0));
      return new LatentDecoder<>(autoencoder, traced).decode(latents, decoded);
    }
  }

  /**
   * Samples and decodes one picture per prompt.
   *
   * @param parameters as for {@link #openDenoiser(UnaryOperator)}
   */
  public List<Image> generate(
      GenerationRequest request,
      PromptEmbeddings prompts,
      UnaryOperator<Parameters> parameters,
      ProgressListener progress) {
    requireFit(request);
    Tensor latents;
    try (Denoiser denoiser = openDenoiser(parameters)) {
      latents = sample(request, prompts, denoiser, SamplingListener.NONE, progress);
    }
    return decode(latents, progress);
  }

  /** Reports each finished unit of a stage. */
  private static final class Counter implements Runnable {
    private final ProgressListener progress;
    private final Stage stage;
    private final int total;
    private int done;

    Counter(ProgressListener progress, Stage stage, int total) {
      this.progress = progress;
      this.stage = stage;
      this.total = total;
      progress.progress(stage, 0, total);
    }

    @Override
    public void run() {
      done++;
      progress.progress(stage, done, total);
    }
  }
}
