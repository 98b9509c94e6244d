package org.viditq.core.pipeline;

import java.util.stream.Stream;
import org.viditq.core.diffusers.Component;

/**
 * What the parts of a pipeline take as they are loaded, bytes, before anything is computed; known
 * from the heads of their files.
 *
 * @param encoders all text encoders together
 * @param denoiser its weights
 * @param decoder the decoding half of the autoencoder
 */
public record PartWeights(long encoders, long denoiser, long decoder) {
  public static PartWeights of(DiffusionPipeline pipeline, WeightForm form) {
    return new PartWeights(
        Stream.of(Component.TEXT_ENCODER, Component.TEXT_ENCODER_2)
            .mapToLong(
                encoder -> MemoryEstimate.loaded(pipeline.folder(), encoder, form.fullPrecision()))
            .sum(),
        MemoryEstimate.loaded(pipeline.folder(), Component.TRANSFORMER, form.denoiser()),
        MemoryEstimate.loaded(pipeline.folder(), Component.VAE, Float.BYTES));
  }
}
