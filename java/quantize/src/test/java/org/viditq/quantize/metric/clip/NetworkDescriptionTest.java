package org.viditq.quantize.metric.clip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.ViditqException;

class NetworkDescriptionTest {
  private static final String WHOLE =
      """
      name: clip-score
      model: net.onnx
      direction: higher
      inputs:
        pixel_values:
          from: frame
          size: [224, 224]
          layout: nchw
          range: [0, 1]
          mean: [0.48, 0.46, 0.41]
          std: [0.27, 0.26, 0.28]
        input_ids: {from: caption, tokenizer: tokenizer.json, length: 77, padding: 49407}
        attention_mask: {from: caption_mask, tokenizer: tokenizer.json, length: 77}
      output: {cosine: [image_embeds, text_embeds]}
      """;

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void files() throws IOException {
    file = folder.resolve("metric.yaml");
    Files.writeString(folder.resolve("net.onnx"), "");
    Files.writeString(folder.resolve("tokenizer.json"), "{}");
  }

  private NetworkDescription parse(String yaml) {
    return NetworkDescription.parse(yaml.getBytes(StandardCharsets.UTF_8), file);
  }

  @Test
  void everyKeyIsRead() {
    NetworkDescription description = parse(WHOLE);
    assertThat(description.name()).isEqualTo("clip-score");
    assertThat(description.model()).isEqualTo(folder.resolve("net.onnx"));
    assertThat(description.direction()).isEqualTo(ClipMetric.Direction.HIGHER);
    assertThat(description.output().names()).containsExactly("image_embeds", "text_embeds");
    NetworkDescription.Input pixels = description.inputs().get("pixel_values");
    assertThat(pixels.size().orElseThrow()).containsExactly(224, 224);
    assertThat(pixels.mean()).containsExactly(0.48, 0.46, 0.41);
    assertThat(pixels.deviation()).containsExactly(0.27, 0.26, 0.28);
    NetworkDescription.Input ids = description.inputs().get("input_ids");
    assertThat(ids.length()).isEqualTo(77);
    assertThat(ids.padding()).isEqualTo(49407);
    assertThat(description.inputs().keySet())
        .containsExactly("pixel_values", "input_ids", "attention_mask");
  }

  @Test
  void jsonIsYaml() {
    NetworkDescription description =
        parse(
            "{\"name\": \"a\", \"model\": \"net.onnx\", \"direction\": \"lower\", \"inputs\":"
                + " {\"x\": {\"from\": \"clip\"}}, \"output\": \"y\"}");
    assertThat(description.inputs().get("x").layout()).isEqualTo(NetworkDescription.Layout.NCTHW);
    assertThat(description.output().isCosine()).isFalse();
  }

  @Test
  void featuresNeedNoDirection() {
    String yaml = "{name: a, model: net.onnx, inputs: {x: {from: FROM}}, output: {features: y}}";
    NetworkDescription description = parse(yaml.replace("FROM", "frame"));
    assertThat(description.direction()).isEqualTo(ClipMetric.Direction.LOWER);
    assertThat(description.output().isFeatures()).isTrue();
    assertThat(description.output().names()).containsExactly("y");
    assertThatThrownBy(() -> parse(yaml.replace("FROM", "next_frame")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("frame or clip");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "direction: higher|direction: up|direction must be one of higher, lower, as_reference",
        "net.onnx|other.onnx|which is not there",
        "from: frame|from: pixels|inputs.pixel_values.from",
        "layout: nchw|layout: ncthw|layout",
        "[224, 224]|[0, 224]|size",
        "[224, 224]|[224, 1e9]|size",
        "[224, 224]|224|size",
        "0.27, 0.26|0, 0.26|std",
        "0.48, 0.46, 0.41|0.48, 0.46|mean",
        "0.48, 0.46, 0.41|0.48, .inf, 0.41|mean",
        "length: 77, padding|length: 0, padding|length",
        "padding: 49407|padding: -1|padding",
        "name: clip-score|nam: clip-score|there is no key nam",
        "from: frame|from: caption|made of frames",
        "[image_embeds, text_embeds]|[image_embeds]|cosine",
        "{cosine: [image_embeds, text_embeds]}|{cosine: [a, b], features: c}|output",
        "{cosine: [image_embeds, text_embeds]}|{features: [a]}|output.features",
        "{cosine: [image_embeds, text_embeds]}|{features: a}|direction",
        "name: clip-score|name: [a, b]|name",
        "name: clip-score|name: &a [*a]|YAML",
        "name: clip-score|name: a\\u0000|YAML"
      })
  void mistakesAreNamed(String from, String to, String words) {
    assertThat(WHOLE).contains(from);
    String yaml = WHOLE.replace(from, to.replace("\\u0000", "\u0000"));
    assertThatThrownBy(() -> parse(yaml))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining(words)
        .hasMessageMatching("[^\n]*\\.");
  }

  @Test
  void filesThatAreNoDescriptors() throws IOException {
    assertThatThrownBy(() -> NetworkDescription.read(folder.resolve("none.yaml")))
        .isInstanceOf(InvalidModelException.class);
    Files.write(file, new byte[1 << 17]);
    assertThatThrownBy(() -> NetworkDescription.read(file)).hasMessageContaining("KiB");
    for (String yaml : List.of("", "a", "[]", "null", "{}", "- ".repeat(10000))) {
      assertThatThrownBy(() -> parse(yaml)).isInstanceOf(InvalidModelException.class);
    }
  }

  @Test
  void aNetworkThatIsNoneIsRefused() throws IOException {
    Files.writeString(file, WHOLE);
    assertThatThrownBy(() -> NetworkMetric.open(file))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("net.onnx")
        .hasMessageMatching("[^\n]*\\.");
  }

  /** Any bytes give a descriptor or one sentence, soon. */
  @Test
  void mutatedDescriptorsAreReadOrRefused() {
    byte[] whole = WHOLE.getBytes(StandardCharsets.UTF_8);
    Random random = new Random(21);
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(60),
        () -> {
          int read = 0;
          for (int i = 0; i < 1500; i++) {
            byte[] bytes = whole.clone();
            for (int k = random.nextInt(3); k >= 0; k--) {
              bytes[random.nextInt(bytes.length)] =
                  (byte) random.nextInt(random.nextBoolean() ? 128 : 256);
            }
            if (random.nextInt(4) == 0) {
              bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            }
            try {
              NetworkDescription.parse(bytes, file);
              read++;
            } catch (ViditqException refused) {
              assertThat(refused.getMessage()).startsWith(file.toString()).endsWith(".");
            }
          }
          assertThat(read).isBetween(1, 1499);
        });
  }
}
