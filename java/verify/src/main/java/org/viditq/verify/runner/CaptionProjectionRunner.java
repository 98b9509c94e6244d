package org.viditq.verify.runner;

import org.viditq.core.model.embedding.CaptionEmbedder;
import org.viditq.core.model.embedding.CaptionProjection;
import org.viditq.core.model.layer.LayerLoader;
import org.viditq.core.operators.Activation;
import org.viditq.core.operators.Operators;
import org.viditq.verify.fixture.FixtureCase;

/** {@code caption_projection}: text features to transformer channels. */
final class CaptionProjectionRunner implements CaseRunner {
  @Override
  public <V> Results run(FixtureCase fixture, Operators<V> operators) {
    V caption = operators.constant(fixture.input("caption"));
    int textChannels = fixture.setting("in_features").intValue();
    int channels = fixture.setting("hidden").intValue();
    LayerLoader<V> loader = new LayerLoader<>(operators, fixture.parameters());
    if (fixture.variant().equals("opensora")) {
      int tokens = fixture.setting("token_num").intValue();
      CaptionEmbedder<V> embedder = new CaptionEmbedder<>(loader, tokens, textChannels, channels);
      V dropped = embedder.forward(caption, flags(fixture.integers("drop_ids")));
      return new Results()
          .put("output", operators.read(embedder.forward(caption)))
          .put("output_dropped", operators.read(dropped));
    }
    Activation activation =
        switch (fixture.setting("act").asText()) {
          case "gelu_tanh" -> Activation.GELU_TANH;
          case "silu" -> Activation.SILU;
          default -> throw fixture.unknownVariant();
        };
    V projected =
        CaptionProjection.diffusers(loader, textChannels, channels, activation).forward(caption);
    return new Results().put("output", operators.read(projected));
  }

  private static boolean[] flags(int[] ids) {
    boolean[] flags = new boolean[ids.length];
    for (int i = 0; i < ids.length; i++) {
      flags[i] = ids[i] == 1;
    }
    return flags;
  }
}
