package org.viditq.tests.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidCheckpointException;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.model.vae.AutoencoderKl;
import org.viditq.core.model.vae.AutoencoderKlConfig;
import org.viditq.core.model.vae.Tiling;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;

/** What the golden cases of the autoencoder cannot show. */
class AutoencoderKlTest {
  private static final String DECODER = "vae.decode__sd_like";
  private static final String ENCODER = "vae.encode__sd_like";
  private static final String VIDEO = "vae.decode__video_frames";
  private static final String TEMPORAL = "vae.decode__temporal_decoder";
  private static final String ATTENTION = "coder.mid_block.attentions.0.";

  private final Operators<Tensor> operators = ReferenceModels.operators();

  @AfterEach
  void close() {
    operators.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {DECODER, ENCODER})
  void everyMissingTensorIsNamed(String fixture) {
    // Without the first layer, that half counts as absent: see checkpointWithoutAutoencoder.
    MissingTensors.requireNamed(
        fixture, this::image, List.of("decoder.conv_in.weight", "encoder.conv_in.weight"));
  }

  @Test
  void everyMissingTensorOfATemporalDecoderIsNamed() {
    MissingTensors.requireNamed(TEMPORAL, this::temporal, List.of("decoder.conv_in.weight"));
  }

  @Test
  void checkpointWithoutAutoencoder() {
    FixtureWeights weights = FixtureWeights.of(DECODER).without("decoder.conv_in.weight");
    assertThatThrownBy(() -> image(weights))
        .isInstanceOf(InvalidCheckpointException.class)
        .hasMessageContaining("decoder.conv_in.weight");
  }

  @Test
  void absentHalfIsNamedWhenItIsUsed() {
    assertThatThrownBy(() -> image(FixtureWeights.of(DECODER)).encode(Tensor.zeros(1, 3, 8, 8)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("no encoder");
    assertThatThrownBy(() -> image(FixtureWeights.of(ENCODER)).decode(Tensor.zeros(1, 4, 2, 2)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("no decoder");
  }

  @Test
  void formerNamesOfTheAttentionAreKnown() {
    FixtureWeights weights = FixtureWeights.of(DECODER);
    Tensor latent = weights.input("latent");
    Tensor expected = image(weights).decode(latent);
    String prefix = "de" + ATTENTION;
    for (String part : List.of("weight", "bias")) {
      weights
          .renamed(prefix + "to_q." + part, prefix + "query." + part)
          .renamed(prefix + "to_k." + part, prefix + "key." + part)
          .renamed(prefix + "to_v." + part, prefix + "value." + part)
          .renamed(prefix + "to_out.0." + part, prefix + "proj_attn." + part);
    }
    assertThat(image(weights).decode(latent).data()).isEqualTo(expected.data());
  }

  @Test
  void decoderWithoutAttentionIsOneWhoseAttentionAddsNothing() {
    FixtureWeights muted = FixtureWeights.of(DECODER);
    String output = "de" + ATTENTION + "to_out.0.";
    muted.with(output + "weight", Tensor.zeros(16, 16)).with(output + "bias", Tensor.zeros(16));
    FixtureWeights without = FixtureWeights.of(DECODER);
    without.names().removeIf(name -> name.contains(ATTENTION));
    without.config().put("mid_block_add_attention", false);
    Tensor latent = muted.input("latent");
    assertThat(image(without).decode(latent).data()).isEqualTo(image(muted).decode(latent).data());
  }

  @Test
  void decoderWithoutFirstConvolutionIsOneWhereItIsTheIdentity() {
    FixtureWeights identity = FixtureWeights.of(DECODER);
    identity.with("post_quant_conv.weight", pointwiseIdentity(4));
    identity.with("post_quant_conv.bias", Tensor.zeros(4));
    FixtureWeights without =
        FixtureWeights.of(DECODER)
            .without("post_quant_conv.weight")
            .without("post_quant_conv.bias");
    without.config().put("use_post_quant_conv", false);
    Tensor latent = identity.input("latent");
    assertThat(image(without).decode(latent).data())
        .isEqualTo(image(identity).decode(latent).data());
  }

  @Test
  void encoderWithoutLastConvolutionIsOneWhereItIsTheIdentity() {
    FixtureWeights identity = FixtureWeights.of(ENCODER);
    identity.with("quant_conv.weight", pointwiseIdentity(8));
    identity.with("quant_conv.bias", Tensor.zeros(8));
    FixtureWeights without =
        FixtureWeights.of(ENCODER).without("quant_conv.weight").without("quant_conv.bias");
    without.config().put("use_quant_conv", false);
    Tensor image = identity.input("image");
    assertThat(image(without).moments(image).data())
        .isEqualTo(image(identity).moments(image).data());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7})
  void frameBatchDoesNotChangeTheVideo(int batch) {
    FixtureWeights weights = FixtureWeights.of(VIDEO);
    AutoencoderKl<Tensor> autoencoder = image(weights);
    Tensor latent = weights.input("latent");
    assertThat(autoencoder.decodeFrames(latent, batch).data())
        .isEqualTo(autoencoder.decodeFrames(latent, 2).data());
  }

  @Test
  void temporalDecoderLooksAtNeighbouringFramesOfItsClipOnly() {
    FixtureWeights weights = FixtureWeights.of(TEMPORAL);
    AutoencoderKl<Tensor> autoencoder = temporal(weights);
    Tensor clip = weights.input("latent");
    Tensor alone = autoencoder.decodeClips(clip, 3);
    Tensor twice = operators.concat(List.of(clip, clip), 0);
    Tensor both = autoencoder.decodeClips(twice, 3);
    assertThat(ReferenceModels.samples(both, 0, 3).data()).isEqualTo(alone.data());
    assertThat(ReferenceModels.samples(both, 3, 6).data()).isEqualTo(alone.data());
    assertThat(autoencoder.decodeClips(clip, 1).data()).isNotEqualTo(alone.data());
    assertThatThrownBy(() -> autoencoder.decodeClips(clip, 2))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("3 frames");
  }

  @Test
  void scalingFactorIsUndone() {
    AutoencoderKl<Tensor> autoencoder = image(FixtureWeights.of(DECODER));
    Tensor latents = Tensor.full(0.18215f, 1, 4, 2, 2);
    assertThat(autoencoder.unscale(latents).data()).containsOnly(1);
    assertThat(autoencoder.scale(Tensor.full(1, 1, 4, 2, 2)).data()).containsOnly(0.18215f);
  }

  @Test
  void oneTileThatCoversAllIsTheWholePicture() {
    FixtureWeights weights = FixtureWeights.of(DECODER);
    AutoencoderKl<Tensor> autoencoder = image(weights);
    Tensor latent = weights.input("latent");
    assertThat(autoencoder.tiling()).isEqualTo(new Tiling(8, 2));
    assertThat(autoencoder.decodeTiled(latent, 1, autoencoder.tiling()).data())
        .isEqualTo(autoencoder.decode(latent).data());
    assertThat(autoencoder.decodeTiled(latent, 1, new Tiling(4, 1)).data())
        .isNotEqualTo(autoencoder.decode(latent).data());
  }

  /** Every sample alone, as enable_slicing of diffusers decodes them. */
  @Test
  void samplesOfATiledBatchAreIndependent() {
    FixtureWeights weights = FixtureWeights.of(DECODER);
    AutoencoderKl<Tensor> autoencoder = image(weights);
    Tensor latent = weights.input("latent");
    Tiling tiling = new Tiling(3, 1);
    Tensor both = autoencoder.decodeTiled(latent, 1, tiling);
    for (int i = 0; i < 2; i++) {
      assertThat(
              autoencoder.decodeTiled(ReferenceModels.samples(latent, i, i + 1), 1, tiling).data())
          .isEqualTo(ReferenceModels.samples(both, i, i + 1).data());
    }
  }

  @Test
  void clipsAreTiledWhole() {
    FixtureWeights weights = FixtureWeights.of(TEMPORAL);
    AutoencoderKl<Tensor> autoencoder = temporal(weights);
    Tensor latent = weights.input("latent");
    Tensor tiled = autoencoder.decodeTiled(latent, 3, new Tiling(4, 1));
    assertThat(tiled.shape().toArray()).containsExactly(3, 3, 8, 12);
    assertThat(autoencoder.decodeTiled(latent, 3, new Tiling(6, 0)).data())
        .isEqualTo(autoencoder.decodeClips(latent, 3).data());
  }

  @Test
  void picturesThatCannotBeHalvedAreRefused() {
    AutoencoderKl<Tensor> autoencoder = image(FixtureWeights.of(ENCODER));
    assertThatThrownBy(() -> autoencoder.encode(Tensor.zeros(1, 3, 8, 10)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("8 x 10")
        .hasMessageContaining("multiples of 4");
  }

  @Test
  void operandsThatDoNotFitAreRefused() {
    AutoencoderKl<Tensor> decoder = image(FixtureWeights.of(DECODER));
    assertThatThrownBy(() -> decoder.decode(Tensor.zeros(1, 3, 4, 4)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("[1, 3, 4, 4]");
    assertThatThrownBy(() -> decoder.decodeTiled(Tensor.zeros(1, 3, 4, 4), 1, decoder.tiling()))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("[1, 3, 4, 4]");
    assertThatThrownBy(() -> decoder.decodeFrames(Tensor.zeros(1, 4, 2, 2), 1))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("[1, 4, 2, 2]");
    assertThatThrownBy(() -> decoder.decodeFrames(Tensor.zeros(1, 4, 1, 2, 2), 0))
        .isInstanceOf(ShapeException.class);
  }

  private AutoencoderKl<Tensor> image(FixtureWeights weights) {
    return new AutoencoderKl<>(
        AutoencoderKlConfig.fromJson(weights.config()), weights.parameters(), operators);
  }

  private AutoencoderKl<Tensor> temporal(FixtureWeights weights) {
    return new AutoencoderKl<>(
        AutoencoderKlConfig.fromTemporalJson(JsonConfig.of(weights.config(), "fixture")),
        weights.parameters(),
        operators);
  }

  private static Tensor pointwiseIdentity(int channels) {
    float[] weight = new float[channels * channels];
    for (int c = 0; c < channels; c++) {
      weight[c * channels + c] = 1;
    }
    return Tensor.of(weight, channels, channels, 1, 1);
  }
}
