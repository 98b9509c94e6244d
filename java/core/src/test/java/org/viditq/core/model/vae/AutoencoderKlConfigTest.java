package org.viditq.core.model.vae;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;

class AutoencoderKlConfigTest {

  @Test
  void absentKeysHaveDiffusersDefaults() {
    AutoencoderKlConfig config = AutoencoderKlConfig.fromJson(channels(128, 256, 512, 512));
    assertThat(config.downsampling()).isEqualTo(8);
    assertThat(config.scalingFactor()).isEqualTo(0.18215);
    assertThat(config.normGroups()).isEqualTo(32);
    assertThat(config.midAttention()).isTrue();
    assertThat(config.quantConv()).isTrue();
    assertThat(config.postQuantConv()).isTrue();
    assertThat(config.temporal()).isFalse();
    assertThat(config.sampleSize()).isEqualTo(32);
  }

  @Test
  void heightOfTheTrainingPicturesCounts() {
    ObjectNode json = channels(32);
    json.putArray("sample_size").add(256).add(512);
    assertThat(AutoencoderKlConfig.fromJson(json).sampleSize()).isEqualTo(256);
    json.put("sample_size", 512);
    assertThat(AutoencoderKlConfig.fromJson(json).sampleSize()).isEqualTo(512);
  }

  @Test
  void oneResolutionDoesNotDownsample() {
    assertThat(AutoencoderKlConfig.fromJson(channels(64)).downsampling()).isEqualTo(1);
  }

  @Test
  void temporalDecoderHasNoConvolutionBeforeIt() {
    AutoencoderKlConfig config =
        AutoencoderKlConfig.fromTemporalJson(JsonConfig.of(channels(32, 32), "config.json"));
    assertThat(config.temporal()).isTrue();
    assertThat(config.postQuantConv()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "act_fn; \"relu\"",
        "block_out_channels; []",
        "block_out_channels; [48]",
        "block_out_channels; [0]",
        "norm_num_groups; 0",
        "down_block_types; [\"DownEncoderBlock2D\"]",
        "up_block_types; [\"UpDecoderBlock2D\", \"AttnUpDecoderBlock2D\"]",
        "shift_factor; 0.1",
        "latents_mean; [0, 0, 0, 0]",
        "latents_std; [1, 1, 1, 1]",
        "sample_size; 0",
        "sample_size; []",
        "sample_size; [-1, 8]",
        "sample_size; \"large\"",
        "scaling_factor; 0"
      })
  void wrongOrUnsupportedValuesNameTheirKey(String key, String value) throws Exception {
    ObjectNode json = channels(32, 64);
    json.set(key, new ObjectMapper().readTree(value));
    assertThatThrownBy(() -> AutoencoderKlConfig.fromJson(JsonConfig.of(json, "config.json")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("config.json: " + key + " is");
  }

  private static ObjectNode channels(int... counts) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    for (int count : counts) {
      json.withArray("block_out_channels").add(count);
    }
    return json;
  }
}
