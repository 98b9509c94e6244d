package org.viditq.verify.runner;

import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.model.vae.AutoencoderKl;
import org.viditq.core.model.vae.AutoencoderKlConfig;
import org.viditq.core.operators.Operators;
import org.viditq.verify.fixture.FixtureCase;

/** {@code vae.decode}: latents to pictures, to independent frames, and to blended frames. */
final class VaeDecoderRunner implements CaseRunner {
  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    JsonConfig json = JsonConfig.of(fixture.config(), fixture.file().toString());
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
}
