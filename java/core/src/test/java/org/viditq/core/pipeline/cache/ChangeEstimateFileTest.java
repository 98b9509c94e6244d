package org.viditq.core.pipeline.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.ViditqException;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.pixart.PixArtConfig;
import org.viditq.core.model.pixart.PixArtModel;

class ChangeEstimateFileTest {
  private static final String VALID =
      """
      {"viditq_step_changes": 1, "family": "PixArt", "layers": %d, "coefficients": [0.5, -1, 2e3],
       "from": 0.01, "to": 0.5}
      """;

  @TempDir Path folder;

  private final DenoiserModel model =
      new PixArtModel(
          PixArtConfig.fromJson(
              JsonConfig.read(
                  Path.of("..", "..", "samples", "pixart-mini", "transformer", "config.json"))));

  private String valid() {
    return VALID.formatted(model.linearLayers().size());
  }

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve(ChangeEstimateFile.NAME), text);
  }

  @Test
  void whatIsWrittenIsRead() throws IOException {
    ChangeEstimate estimate = new ChangeEstimate(List.of(0.1, -2.5, 1e-9), 0.002, 0.75);
    Path file = folder.resolve("fit.json");
    ChangeEstimateFile.write(file, estimate, model);
    assertThat(ChangeEstimateFile.read(file, model)).isEqualTo(estimate);
    assertThat(ChangeEstimateFile.find(folder, model)).isEmpty();
    Files.move(file, folder.resolve(ChangeEstimateFile.NAME));
    assertThat(ChangeEstimateFile.find(folder, model)).contains(estimate);
    assertThat(ChangeEstimateFile.read(file(valid()), model))
        .isEqualTo(new ChangeEstimate(List.of(0.5, -1.0, 2000.0), 0.01, 0.5));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"viditq_step_changes\": 1=>\"viditq_step_changes\": 2",
        "\"PixArt\"=>\"STDiT\"",
        "\"layers\": =>\"layers\": 9",
        "[0.5, -1, 2e3]=>[]",
        "[0.5, -1, 2e3]=>3",
        "[0.5, -1, 2e3]=>[\"1\"]",
        "[0.5, -1, 2e3]=>[1e999]",
        "[0.5, -1, 2e3]=>[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]",
        "\"from\": 0.01=>\"from\": 0.7",
        "\"from\": 0.01=>\"from\": -1",
        "\"to\": 0.5=>\"to\": 1e999",
        "\"to\": 0.5=>\"too\": 1",
      })
  void whatIsNoFitOfThisModelIsRefused(String change) throws IOException {
    String[] parts = change.split("=>");
    String text = valid().replace(parts[0], parts[1]);
    assertThat(text).isNotEqualTo(valid());
    Path file = file(text);
    assertThatThrownBy(() -> ChangeEstimateFile.read(file, model))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(file.toString());
  }

  @Test
  void damagedFilesEndInSentences() throws IOException {
    Random random = new Random(5);
    Instant end = Instant.now().plus(Duration.ofSeconds(2));
    for (int round = 0; round < 2000 && Instant.now().isBefore(end); round++) {
      byte[] bytes = valid().getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i <= random.nextInt(4); i++) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      Path file = Files.write(folder.resolve("damaged.json"), bytes);
      try {
        ChangeEstimate read = ChangeEstimateFile.read(file, model);
        assertThat(read.of(0.1)).isFinite();
      } catch (ViditqException refused) {
        assertThat(refused.getMessage()).contains("damaged.json");
      }
    }
  }
}
