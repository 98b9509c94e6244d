package org.viditq.core.pipeline;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.LatentGeometry;
import org.viditq.core.model.LinearLayer;
import org.viditq.core.model.cache.BlockPart;
import org.viditq.core.pipeline.cache.StepCaching;

/**
 * How much memory a request takes at the least: known before any work is done for it, from the
 * sizes of weights as they are loaded, and from what values take, which is linear in the number of
 * tokens and of pixels. Parts of a pipeline are resident one after the other, so the largest
 * counts. docs/running.md has it beside what runs took.
 *
 * @param encoders bytes of the largest text encoder
 * @param denoiser bytes of the denoiser's weights and values
 * @param decoder bytes of the autoencoder's weights and values; 0 if nothing is decoded
 * @param values bytes of the denoiser's or the decoder's values, whichever are more: what is left
 *     where weights are read from their files as they are needed
 * @param pictures bytes of pictures and clips, and of the blocks' inputs that step caching
 *     compares, which lie in the Java heap
 */
public record MemoryEstimate(
    long encoders, long denoiser, long decoder, long values, long pictures) {
  /** What the process takes by itself: classes, compiled code, libraries. */
  private static final long PROCESS = 128L << 20;

  /**
   * Tensors as large as all hidden tokens that live at a time: four and a half in quantized models,
   * seven and more in full precision (the native backend's ActivationMemoryTest).
   */
  private static final double QUANTIZED_SIZES = 4;

  private static final double FULL_PRECISION_SIZES = 6.5;

  /** Tensors as large as the pixels with the last block's channels that live while decoding. */
  private static final double DECODER_SIZES = 6.5;

  /** Tensors of an autoencoder that decoding does without. */
  private static final Pattern ENCODER = Pattern.compile("encoder\\.|quant_conv\\.");

  /** The layers whose output is that of attention or of an MLP, in all layouts. */
  private static final Pattern LAST_OF_PART =
      Pattern.compile("(\\.to_out\\.0|(?<!\\.net\\.0)\\.proj|\\.out_proj|\\.net\\.2|\\.fc2)$");

  /** Red, green and blue. */
  private static final int COLORS = 3;

  /**
   * @param together clips that are sampled at a time
   * @param kept clips that are in memory at a time after decoding; 0 if nothing is decoded
   */
  public static MemoryEstimate of(
      DiffusionPipeline pipeline,
      GenerationRequest request,
      WeightForm form,
      int together,
      int kept) {
    PipelineFolder folder = pipeline.folder();
    double pixels = (double) request.height() * request.width();
    double clip = pixels * request.frames() * COLORS * Float.BYTES;
    StepCaching caching = request.caching();
    double hidden = hidden(pipeline, request);
    long denoising =
        (long)
            (sizes(pipeline.model(), form) * hidden * (caching.apart() ? 1 : together)
                + keptSizes(pipeline.model(), caching) * hidden * together);
    long decoding =
        kept == 0
            ? 0
            : (long)
                (DECODER_SIZES
                    * LatentDecoder.leastPixelsAtOnce(request)
                    * pipeline.decoderChannels()
                    * Float.BYTES);
    return new MemoryEstimate(
        Stream.of(Component.TEXT_ENCODER, Component.TEXT_ENCODER_2)
            .mapToLong(encoder -> loaded(folder, encoder, form.fullPrecision()))
            .max()
            .orElse(0),
        loaded(folder, Component.TRANSFORMER, form.denoiser()) + denoising,
        kept == 0 ? 0 : loaded(folder, Component.VAE, Float.BYTES) + decoding,
        Math.max(denoising, decoding),
        // The one that is being decoded is there twice, as planes and as pixels.
        (long) (clip * (kept == 0 ? 0 : kept + 1))
            + (caching.threshold().isPresent() ? (long) (hidden * (together + 1)) : 0));
  }

  /** Where prompts are encoded already. */
  public MemoryEstimate withoutEncoders() {
    return new MemoryEstimate(0, denoiser, decoder, values, pictures);
  }

  /** What the backend holds at the largest moment. */
  public long operators() {
    return Math.max(encoders, Math.max(denoiser, decoder));
  }

  /** All of it. */
  public long total() {
    return PROCESS + operators() + pictures;
  }

  /** Bytes of the hidden tokens of one clip, twice with guidance. */
  private static double hidden(DiffusionPipeline pipeline, GenerationRequest request) {
    LatentGeometry.Patch patch = pipeline.model().latents().patch();
    LatentGrid grid = pipeline.grid();
    double tokens =
        (double) request.frames()
            / patch.frames()
            * (request.height() / grid.pixelsPerPatchRow())
            * (request.width() / grid.pixelsPerPatchColumn());
    return tokens * width(pipeline.model()) * Float.BYTES * (request.guidanceScale() > 1 ? 2 : 1);
  }

  /** Hidden tokens that live at a time, those that wait for a skip connection included. */
  private static double sizes(DenoiserModel model, WeightForm form) {
    long skips =
        model.linearLayers().stream().filter(layer -> layer.name().endsWith("skip_linear")).count();
    return skips + (form.quantized() ? QUANTIZED_SIZES : FULL_PRECISION_SIZES);
  }

  /**
   * Hidden tokens that step caching keeps between evaluations: the residual of all blocks, with the
   * blocks' input that it is made of, or the output of every part of every block.
   */
  private static double keptSizes(DenoiserModel model, StepCaching caching) {
    long parts =
        model.linearLayers().stream()
            .filter(layer -> LAST_OF_PART.matcher(layer.name()).find())
            .filter(
                layer ->
                    Stream.of(BlockPart.values())
                        .anyMatch(part -> part.layers() == layer.type() && caching.keeps(part)))
            .count();
    return parts + (caching.threshold().isPresent() ? 2 : 0);
  }

  /** Features of a hidden token: what most layers of blocks take. */
  private static int width(DenoiserModel model) {
    List<LinearLayer> layers = model.linearLayers();
    Map<Integer, Long> counts =
        layers.stream()
            .map(LinearLayer::inFeatures)
            .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    return counts.entrySet().stream()
        .max(Comparator.comparingLong((Map.Entry<Integer, Long> count) -> count.getValue()))
        .map(Map.Entry::getKey)
        .orElse(0);
  }

  /**
   * Bytes of a component's weights; 0 if it has none. Decoding needs no encoder.
   *
   * @param matrix bytes of a weight of a matrix; what is stored as integers stays as it is
   */
  static long loaded(PipelineFolder folder, Component component, double matrix) {
    if (!folder.lists(component) || !folder.has(component)) {
      return 0;
    }
    try (Checkpoint weights = folder.checkpoint(component)) {
      double bytes = 0;
      for (String name : weights.names()) {
        if (component == Component.VAE && ENCODER.matcher(name).lookingAt()) {
          continue;
        }
        StoredTensor tensor = weights.get(name);
        double each = tensor.shape().rank() > 1 ? matrix : Float.BYTES;
        bytes +=
            tensor.dtype().isFloatingPoint() ? each * tensor.shape().size() : tensor.sizeInBytes();
      }
      return (long) bytes;
    }
  }
}
