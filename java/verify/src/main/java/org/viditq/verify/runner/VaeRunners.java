package org.viditq.verify.runner;

import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.model.vae.AutoencoderKl;
import org.viditq.core.model.vae.AutoencoderKlConfig;
import org.viditq.core.model.vae.DiagonalGaussian;
import org.viditq.core.operators.Operators;
import org.viditq.verify.fixture.FixtureCase;

/** {@code vae.*}: latents to pictures and back. */
final class VaeRunners {
  private VaeRunners() {}

  /** {@code vae.decode}: latents to pictures, to independent frames, and to blended frames. */
  static <V> Results decode(FixtureCase fixture, Operators<V> operators) {
    JsonConfig json = fixture.json();
    boolean temporal = fixture.variant().equals("temporal_decoder");
    AutoencoderKlConfig config =
        temporal ? AutoencoderKlConfig.fromTemporalJson(json) : AutoencoderKlConfig.fromJson(json);
    AutoencoderKl<V> vae = new AutoencoderKl<>(config, fixture.parameters(), operators);
    V latents = operators.constant(fixture.input("latent"));
    return switch (fixture.variant()) {
      case "image" ->
          new Results()
              .put("output", operators.read(vae.decode(latents)))
              .put("output_unscaled", operators.read(vae.decode(vae.unscale(latents))));
      case "tiled" ->
          new Results().put("output", vae.decodeTiled(fixture.input("latent"), 1, vae.tiling()));
      case "video_frame_batched" -> {
        int batch = fixture.setting("micro_batch_size").intValue();
        V frames = vae.decodeFrames(vae.unscale(latents), batch);
        yield new Results().put("output", operators.read(frames));
      }
      case "temporal_decoder" -> {
        int frames = fixture.setting("num_frames").intValue();
        yield new Results().put("output", operators.read(vae.decodeClips(latents, frames)));
      }
      default -> throw fixture.unknownVariant();
    };
  }

  /** {@code vae.encode}: pictures to latent distributions. */
  static <V> Results encode(FixtureCase fixture, Operators<V> operators) {
    AutoencoderKlConfig config = AutoencoderKlConfig.fromJson(fixture.json());
    AutoencoderKl<V> vae = new AutoencoderKl<>(config, fixture.parameters(), operators);
    DiagonalGaussian latents = vae.encode(operators.constant(fixture.input("image")));
    V scaled = vae.scale(operators.constant(latents.mean()));
    return new Results()
        .put("output", latents.mean())
        .put("mean", latents.mean())
        .put("logvar", latents.logVariance())
        .put("std", latents.standardDeviation())
        .put("sample", latents.sample(fixture.input("noise")))
        .put("latents_scaled", operators.read(scaled));
  }
}
