package org.viditq.bench.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.bench.CommandLine;
import org.viditq.core.error.BackendException;

/** The whole command on the sample model, in real processes. */
class PipelineCommandTest {
  private static final Path SAMPLE = Path.of("..", "samples", "pixart-mini");
  private static final Path CLIPS = Path.of("..", "samples", "stdit-mini");
  private static final int BLOCKS = 8; // of the sample

  @TempDir private Path folder;
  private final CommandLine bench = new CommandLine("bench", "pipeline");

  @Tag("slow")
  @Test
  void everyVariantIsMeasuredAndNothingIsLeft() throws IOException {
    Path scratch = Files.createDirectory(folder.resolve("scratch"));
    Path file = folder.resolve("pipeline.json");
    assertThat(
            bench.run(
                "--model",
                SAMPLE.toString(),
                "--sizes",
                "64",
                "--rounds",
                "2",
                "--profile",
                "--scratch",
                scratch.toString(),
                "--out",
                file.toString()))
        .as(bench.err())
        .isZero();
    JsonNode report = new ObjectMapper().readTree(file.toFile());
    assertThat(report.get("benchmark").asText()).isEqualTo("pipeline");
    assertThat(report.get("jvmOptions").asText()).contains("-Xmx64m");
    JsonNode results = report.get("sizes").get(0).get("results");
    assertThat(results.findValuesAsText("name"))
        .containsExactlyElementsOf(Variant.supported().stream().map(Variant::toString).toList());
    Map<String, JsonNode> byName = new HashMap<>();
    results.forEach(result -> byName.put(result.get("name").asText(), result));
    for (JsonNode result : results) {
      assertThat(result.get("seconds")).hasSize(2);
      assertThat(result.get("medianSeconds").asDouble()).isPositive();
      assertThat(result.get("peakResidentBytes").asLong())
          .isGreaterThan(result.get("weightBytes").asLong());
      assertThat(bench.out()).contains(result.get("name").asText());
    }
    assertThat(byName.get("fp32").get("weightsOfFp32").asDouble()).isEqualTo(1);
    assertThat(byName.get("w8a8").get("weightBytes").asLong())
        .isGreaterThan(byName.get("w4a8-dynamic").get("weightBytes").asLong())
        .isLessThan(byName.get("fp32").get("weightBytes").asLong());
    assertThat(byName.get("onnxruntime-w8a8").get("weightBytes").asLong())
        .isGreaterThan(byName.get("onnxruntime-w4a8-dynamic").get("weightBytes").asLong())
        .isLessThan(byName.get("onnxruntime-fp32").get("weightBytes").asLong());
    if (byName.containsKey("bf16")) {
      assertThat(byName.get("bf16").get("weightsOfFp32").asDouble()).isBetween(0.5, 0.75);
    }
    assertProfiled(report.get("sizes").get(0).get("profiles"));
    assertThat(scratch).isEmptyDirectory();
  }

  @Tag("slow")
  @Test
  void aClipOfAFewFramesIsMeasuredBesideItsPeers() throws IOException {
    Path file = folder.resolve("clip.json");
    assertThat(
            bench.run(
                "--model",
                CLIPS.toString(),
                "--frames",
                "2",
                "--sizes",
                "64",
                "--variants",
                "fp32,w8a8,w8a8-attention-bf16,w8a8-attention-int8,onnxruntime-fp32,"
                    + "onnxruntime-dynamic-int8,onnxruntime-w8a8,onnxruntime-w4a8",
                "--rounds",
                "1",
                "--roofline",
                "--out",
                file.toString()))
        .as(bench.err())
        .isZero();
    JsonNode size = new ObjectMapper().readTree(file.toFile()).get("sizes").get(0);
    assertThat(size.get("frames").asInt()).isEqualTo(2);
    assertThat(size.get("latentTokens").asInt()).isEqualTo(2 * 4 * 4);
    assertThat(size.get("textTokens").asInt()).isEqualTo(120);
    JsonNode results = size.get("results");
    assertThat(results).hasSize(8);
    for (JsonNode result : results) {
      assertThat(result.get("timesOnnxRuntimeInt8").asDouble()).isPositive();
      assertThat(result.get("peakResidentBytes").asLong()).isGreaterThan(1 << 20);
    }
    assertThat(bench.out()).contains("64 px, 2 frames", "w8a8-attention-int8");
    assertRoofline(size.get("roofline"));
  }

  /** Of 2 samples of 2 frames of 16 places with 120 text tokens, 192 channels and 6 heads. */
  private static void assertRoofline(JsonNode roofline) {
    assertThat(roofline.get("limits").get("int8Gops").asDouble()).isPositive();
    assertThat(roofline.get("limits").get("gigabytesPerSecond").asDouble()).isPositive();
    Map<String, Long> integers = new HashMap<>();
    for (JsonNode variant : roofline.get("variants")) {
      long sum = 0;
      double shares = 0;
      for (JsonNode operator : variant.get("operators")) {
        sum += operator.get("int8Operations").asLong();
        shares += operator.get("share").asDouble();
        assertThat(operator.has("fractionOfLimit")).isEqualTo(operator.has("boundBy"));
      }
      assertThat(shares).isBetween(0.99, 1.01);
      integers.put(variant.get("name").asText(), sum);
      assertThat(variant.get("operators").findValuesAsText("operator"))
          .contains("patch embedding", "timestep embedding", "text projection, fp32");
    }
    long layers = 2L * 192 * 192 * (18 * 64 + 2 * 240); // 18 squares of all tokens, 2 of the text
    long scores = 6 * (4 * 16 * 16 + 32 * 2 * 2 + 64 * 120); // in frames, in time, to the text
    assertThat(integers)
        .containsOnly(
            Map.entry("fp32", 0L),
            Map.entry("w8a8", BLOCKS * layers),
            Map.entry("w8a8-attention-bf16", BLOCKS * layers),
            Map.entry("w8a8-attention-int8", BLOCKS * (layers + 2 * scores * 64)));
  }

  @Tag("slow")
  @Test
  void aNamedModelIsMeasuredWithTheBlocksThatAreLeft() throws IOException {
    Path file = folder.resolve("shallow.json");
    assertThat(
            bench.run(
                "--model",
                "pixart-sigma-1024",
                "--blocks",
                "1",
                "--sizes",
                "64",
                "--variants",
                "w8a8,w8a8-attention-int8",
                "--rounds",
                "1",
                "--out",
                file.toString()))
        .as(bench.err())
        .isZero();
    JsonNode report = new ObjectMapper().readTree(file.toFile());
    assertThat(report.get("model").asText()).isEqualTo("pixart-sigma-1024, random weights");
    assertThat(report.get("blocks").asInt()).isEqualTo(1);
    assertThat(report.get("publishedBlocks").asInt()).isEqualTo(28);
    assertThat(report.get("sizes").get(0).get("textTokens").asInt()).isEqualTo(300);
    assertThat(bench.err()).contains("pixart-sigma-1024, 1 of 28 blocks");
  }

  /** Ours, with the calls of one evaluation; of the sample's eight blocks. */
  private void assertProfiled(JsonNode profiles) {
    assertThat(profiles.findValuesAsText("name"))
        .containsExactlyElementsOf(
            Variant.supported().stream().filter(Variant::isNative).map(Variant::toString).toList());
    for (JsonNode profile : profiles) {
      double shares = 0;
      long attentions = 0;
      for (JsonNode operator : profile.get("operators")) {
        assertThat(operator.get("millis").asDouble()).isPositive();
        shares += operator.get("share").asDouble();
        if (operator.get("operator").asText().startsWith("attention ")) {
          attentions += operator.get("calls").asLong();
        }
      }
      assertThat(shares).isBetween(0.99, 1.01);
      assertThat(attentions).isEqualTo(2 * BLOCKS);
    }
    assertThat(bench.out()).contains("w8a8, 64 px", "share");
  }

  @Test
  void aProcessThatFailsTellsWhy() {
    assertThatThrownBy(
            () ->
                new Contender(
                        Variant.W8A8,
                        SAMPLE,
                        new EvaluationSize(64, 1, 8),
                        1,
                        Observation.NONE,
                        folder.resolve("log.txt"))
                    .close())
        .isInstanceOf(BackendException.class)
        .hasMessageContaining("The process that measures w8a8 has failed: ")
        .hasMessageContaining("config.json");
  }

  @Test
  void framesAndBlocksThatAModelDoesNotHaveAreRefused() {
    assertThat(bench.run("--frames", "4")).isEqualTo(2);
    assertThat(bench.err())
        .contains("--frames is 4, but pixart-xl-2 makes pictures; leave it out.");
    assertThat(bench.run("--model", "stdit-xl-2", "--frames", "17")).isEqualTo(2);
    assertThat(bench.err()).contains("--frames is 17, but stdit-xl-2 takes 1 to 16.");
    assertThat(bench.run("--model", "stdit-xl-2", "--blocks", "29")).isEqualTo(2);
    assertThat(bench.err())
        .contains("stdit-xl-2 has 28 blocks, of which 1 at least may be left, not 29.");
    assertThat(bench.run("--model", SAMPLE.toString(), "--blocks", "1")).isEqualTo(2);
    assertThat(bench.err()).contains("has weights of its own");
    assertThat(bench.run("--variants", "onnxruntime-fp32", "--profile")).isEqualTo(2);
    assertThat(bench.err()).contains("--profile looks into variants of the native backend");
    assertThat(bench.run("--variants", "onnxruntime-fp32", "--roofline")).isEqualTo(2);
    assertThat(bench.err()).contains("--roofline looks into variants of the native backend");
    assertThat(bench.out()).isEmpty();
  }

  @Test
  void wrongUsageIsExplained() {
    assertThat(bench.run("--sizes", "256,100")).isEqualTo(2);
    assertThat(bench.err())
        .contains("--sizes holds 100, but sides of pictures are multiples of 16 from 16 to 4096.");
    assertThat(bench.run("--variants", "w3a3")).isEqualTo(2);
    assertThat(bench.err()).contains("w3a3").contains("W8A8");
    assertThat(bench.run("--model", "stdit-xl-3")).isEqualTo(2);
    assertThat(bench.err())
        .contains(
            "There is no model stdit-xl-3; give a pipeline folder, or one of pixart-xl-2,"
                + " pixart-sigma-1024, stdit-xl-2.");
    assertThat(bench.run("--model", folder.toString())).isEqualTo(1);
    assertThat(bench.err()).contains("is not a diffusers pipeline folder");
    assertThat(bench.out()).isEmpty();
  }
}
