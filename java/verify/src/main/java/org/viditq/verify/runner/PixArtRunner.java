package org.viditq.verify.runner;

import java.util.Optional;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.model.embedding.SizeConditions;
import org.viditq.core.model.pixart.PixArtConfig;
import org.viditq.core.model.pixart.PixArtTransformer;
import org.viditq.core.operators.Operators;
import org.viditq.verify.fixture.FixtureCase;

/** {@code model.pixart_*}: one evaluation of the whole transformer, with and without text mask. */
final class PixArtRunner implements CaseRunner {
  private final boolean original;

  /**
   * @param original whether the weights are in the layout of the authors' checkpoints
   */
  PixArtRunner(boolean original) {
    this.original = original;
  }

  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    JsonConfig json = JsonConfig.of(fixture.config(), fixture.file().toString());
    PixArtConfig config =
        original ? PixArtConfig.fromOriginalJson(json) : PixArtConfig.fromJson(json);
    PixArtTransformer<V> model = new PixArtTransformer<>(config, fixture.parameters(), operators);
    V latents = operators.constant(fixture.input(original ? "x" : "hidden_states"));
    V text = operators.constant(fixture.input(original ? "y" : "encoder_hidden_states"));
    V mask = operators.constant(fixture.input(original ? "mask" : "encoder_attention_mask"));
    V timesteps = operators.constant(fixture.input("timestep"));
    Optional<SizeConditions<V>> sizes =
        SizeInputs.of(fixture, operators, original ? "img_hw" : "resolution");
    V masked = model.forward(latents, timesteps, text, Optional.of(mask), sizes);
    V unmasked = model.forward(latents, timesteps, text, Optional.empty(), sizes);
    return new Results()
        .put("output", operators.read(masked))
        .put("output_no_mask", operators.read(unmasked));
  }
}
