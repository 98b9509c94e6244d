package org.viditq.tests.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Plans with searches, rotations and exchanged files, from calibration to a picture. */
class SchemesCommandTest {
  private static final String MODEL = "../samples/pixart-mini";
  private static final String PROMPT = "a red circle on a black background";

  @TempDir Path folder;

  @Test
  @Tag("slow")
  void searchedPlansAreAppliedFromStatisticsWithSecondMoments() throws IOException {
    Path statistics = folder.resolve("stats.safetensors");
    CommandRun.of(
            "calibrate",
            "--model",
            MODEL,
            "--prompt",
            PROMPT,
            "--steps",
            "4",
            "--seed",
            "0",
            "--second-moments",
            "--out",
            statistics.toString())
        .succeeded();
    Path quantized = folder.resolve("w4a8-gptq");
    CommandRun.of(
            "quantize",
            "--model",
            MODEL,
            "--plan",
            "w4a8-gptq",
            "--stats",
            statistics.toString(),
            "--out",
            quantized.toString())
        .succeeded();
    assertThat(picture("--quantized", quantized.toString())).isNotEmpty();

    Path plain = folder.resolve("plain.safetensors");
    CommandRun.of(
            "calibrate",
            "--model",
            MODEL,
            "--prompt",
            PROMPT,
            "--steps",
            "2",
            "--seed",
            "0",
            "--out",
            plain.toString())
        .succeeded();
    CommandRun refused =
        CommandRun.of(
                "quantize",
                "--model",
                MODEL,
                "--plan",
                "w4a8-gptq",
                "--stats",
                plain.toString(),
                "--out",
                folder.resolve("none").toString())
            .failedWith(1);
    assertThat(refused.stderr()).contains("calibrate with --second-moments");
  }

  @Test
  @Tag("slow")
  void exchangedFilesMakeThePictureOfTheirPlan() throws IOException {
    Path file = folder.resolve("convrot.safetensors");
    CommandRun.of(
            "quantize",
            "--model",
            MODEL,
            "--plan",
            "convrot",
            "--format",
            "int8-tensorwise",
            "--out",
            file.toString())
        .succeeded();
    assertThat(picture("--quantized", file.toString())).isEqualTo(picture("--plan", "convrot"));
  }

  @Test
  void whatExchangedFilesCannotSayOfAttentionIsSaid() throws IOException {
    Path plan = folder.resolve("plan.yaml");
    Files.writeString(
        plan,
        String.join(
            "\n",
            "weight: {bits: 8, symmetric: true}",
            "activation: {mode: dynamic_token, bits: 8, symmetric: true}",
            "rotation: {matrix: regular, block: 256}",
            "attention: bf16",
            ""));
    PrintStream before = System.err;
    ByteArrayOutputStream captured = new ByteArrayOutputStream();
    System.setErr(new PrintStream(captured, true, UTF_8));
    try {
      CommandRun.of(
              "quantize",
              "--model",
              MODEL,
              "--plan",
              plan.toString(),
              "--format",
              "int8-tensorwise",
              "--out",
              folder.resolve("x.safetensors").toString())
          .succeeded();
    } finally {
      System.setErr(before);
    }
    assertThat(captured.toString(UTF_8)).contains("the plan's key attention is left out");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0-400,501-1000 | does not begin at 401",
        "0-500          | timesteps 501 to 1000 are in no range",
        "500-0          | is no range such as 0-500, or",
        "0-2000         | end by 1000",
        "x              | is no range such as 0-500"
      })
  void rangesThatDoNotTileAreRefused(String ranges, String message) {
    CommandRun refused =
        CommandRun.of(
                "calibrate",
                "--model",
                MODEL,
                "--prompt",
                PROMPT,
                "--second-moments=" + ranges,
                "--out",
                folder.resolve("stats.safetensors").toString())
            .failedWith(2);
    assertThat(refused.stderr()).contains("--second-moments cannot be " + ranges);
    assertThat(refused.stderr()).containsAnyOf(message.split(", or")[0], "does not begin at 0");
  }

  @Test
  void unknownFormatsAreRefused() {
    CommandRun refused =
        CommandRun.of(
                "quantize",
                "--model",
                MODEL,
                "--plan",
                "convrot",
                "--format",
                "gguf",
                "--out",
                folder.resolve("x").toString())
            .failedWith(2);
    assertThat(refused.stderr()).contains("must be viditq or int8-tensorwise");
  }

  @Test
  void plansThatExchangedFilesCannotSayAreRefused() {
    CommandRun refused =
        CommandRun.of(
                "quantize",
                "--model",
                MODEL,
                "--plan",
                "w8a8",
                "--format",
                "int8-tensorwise",
                "--out",
                folder.resolve("x.safetensors").toString())
            .failedWith(1);
    assertThat(refused.stderr()).contains("use plan convrot");
    assertThat(folder).isEmptyDirectory();
  }

  private byte[] picture(String option, String value) throws IOException {
    Path out = Files.createTempDirectory(folder, "pictures").resolve("out.png");
    CommandRun.of(
            "generate",
            "--model",
            MODEL,
            "--prompt",
            PROMPT,
            "--seed",
            "1",
            "--steps",
            "3",
            option,
            value,
            "--out",
            out.toString())
        .succeeded();
    return pixels(out);
  }

  /** Files also say how they were made. */
  private static byte[] pixels(Path file) throws IOException {
    var image = ImageIO.read(file.toFile());
    int[] rgb = image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    byte[] bytes = new byte[rgb.length * 3];
    for (int i = 0; i < rgb.length; i++) {
      bytes[3 * i] = (byte) (rgb[i] >> 16);
      bytes[3 * i + 1] = (byte) (rgb[i] >> 8);
      bytes[3 * i + 2] = (byte) rgb[i];
    }
    return bytes;
  }
}
