package org.viditq.verify.runner;

import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.model.vae.AutoencoderKl;
import org.viditq.core.model.vae.AutoencoderKlConfig;
import org.viditq.core.model.vae.DiagonalGaussian;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;
import org.viditq.verify.fixture.FixtureCase;

/** {@code vae.encode}: pictures to latent distributions. */
final class VaeEncoderRunner implements CaseRunner {
  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    AutoencoderKlConfig config =
        AutoencoderKlConfig.fromJson(JsonConfig.of(fixture.config(), fixture.file().toString()));
    AutoencoderKl<V> vae = new AutoencoderKl<>(config, fixture.parameters(), operators);
    DiagonalGaussian latents = vae.encode(operators.constant(fixture.input("image")));
    Tensor scaled = operators.read(vae.scale(operators.constant(latents.mean())));
    return new Results()
        .put("output", latents.mean())
        .put("mean", latents.mean())
        .put("logvar", latents.logVariance())
        .put("std", latents.standardDeviation())
        .put("sample", latents.sample(fixture.input("noise")))
        .put("latents_scaled", scaled);
  }
}
