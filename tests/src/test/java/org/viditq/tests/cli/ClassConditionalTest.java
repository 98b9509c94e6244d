package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.tests.pipeline.FixturePipelines;

/** Commands on a model that is asked for classes, not texts. */
class ClassConditionalTest {
  @TempDir private Path folder;
  private String model;

  @BeforeEach
  void writeModel() {
    model = FixturePipelines.dit(folder.resolve("dit")).toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "w8a8", "w4a8-dynamic"})
  void fromAClassToAPicture(String plan) throws IOException {
    List<String> more = plan.isEmpty() ? List.of() : List.of("--plan", plan);
    generate("tiger", more).succeeded();
    BufferedImage image = ImageIO.read(folder.resolve("out.png").toFile());
    assertThat(image.getWidth()).isEqualTo(32);
    assertThat(image.getHeight()).isEqualTo(32);
  }

  @Test
  void plansAreCalibratedWithClasses() {
    String statistics = folder.resolve("statistics.safetensors").toString();
    CommandRun.of(
            "calibrate",
            "--model",
            model,
            "--prompt",
            "goldfish",
            "--prompt",
            "7",
            "--steps",
            "4",
            "--out",
            statistics)
        .succeeded();
    for (String plan : List.of("w4a8", "w8a8-naive")) {
      generate("tiger", List.of("--plan", plan, "--stats", statistics, "--force")).succeeded();
      assertThat(folder.resolve("out.png")).exists();
    }
  }

  @Test
  void unknownClassesAreRefused() {
    CommandRun run = generate("unicorn", List.of()).failedWith(2);
    assertThat(run.stderr()).contains("no class \"unicorn\"", "id2label");
  }

  @Test
  void negativePromptsAreRefused() {
    generate("tiger", List.of("--negative-prompt", "blur")).failedWith(2);
  }

  @Test
  void picturesThatAreNotSquareAreRefused() {
    CommandRun run = generate("tiger", List.of("--width", "48")).failedWith(2);
    assertThat(run.stderr()).contains("square");
  }

  private CommandRun generate(String prompt, List<String> more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "generate",
                "--model",
                model,
                "--prompt",
                prompt,
                "--steps",
                "2",
                "--quiet",
                "--out",
                folder.resolve("out.png").toString()));
    arguments.addAll(more);
    return CommandRun.of(arguments.toArray(String[]::new));
  }
}
