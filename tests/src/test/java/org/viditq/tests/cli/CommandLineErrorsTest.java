package org.viditq.tests.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.tensor.Tensor;

/** Bad input: one clear sentence on standard error, exit code 1 or 2, nothing left behind. */
class CommandLineErrorsTest {
  private static final String SAMPLE = "../samples/pixart-mini";
  private static final String OUTLIER = "../samples/pixart-mini-outlier";
  private static final String LAYER = "transformer_blocks.3.attn1.to_q.weight";

  @TempDir private Path folder;

  // ---- usage ----------------------------------------------------------------------------------

  @Test
  void noCommand() {
    assertThat(CommandRun.of().failedWith(2).stderr())
        .contains("demo", "generate", "calibrate", "quantize", "verify", "inspect");
  }

  @Test
  void unknownCommandIsCorrected() {
    assertThat(CommandRun.of("inspct").failedWith(2).stderr()).contains("did you mean inspect");
  }

  @Test
  void unknownOptionIsCorrected() {
    assertThat(CommandRun.of("inspect", "x", "--sumary").failedWith(2).stderr())
        .contains("Unknown option --sumary", "did you mean --summary", "viditq inspect --help");
  }

  @Test
  void aNumberThatIsNone() {
    assertThat(generate("--prompt", "a ring", "--steps", "many").failedWith(2).stderr())
        .contains("--steps", "many", "viditq generate --help");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "demo",
        "generate",
        "calibrate",
        "quantize",
        "evaluate",
        "convert",
        "verify",
        "inspect",
        "serve",
        "bench gemm",
        "bench pipeline",
        "bench serve"
      })
  void everyCommandHasHelpWithExamples(String command) {
    assertThat(CommandRun.of((command + " --help").split(" ")).succeeded().stdout())
        .contains("Usage: viditq " + command, "Examples:", "--json", "--debug");
  }

  @Test
  void helpAndVersionGoToStandardOutput() {
    assertThat(CommandRun.of("--help").succeeded().stdout()).contains("Commands:");
    assertThat(CommandRun.of("--version").succeeded().stdout()).startsWith("viditq ");
  }

  // ---- requests -------------------------------------------------------------------------------

  @Test
  void noPrompt() {
    assertThat(generate().failedWith(2).stderr()).contains("There is no prompt");
  }

  @Test
  void promptFileWithoutPrompts() throws IOException {
    Path file = Files.writeString(folder.resolve("prompts.txt"), "\n  \n");
    assertThat(generate("--prompts", file.toString()).failedWith(2).stderr())
        .contains("prompts.txt holds no prompt");
  }

  @Test
  void promptFileThatDoesNotExist() {
    assertThat(generate("--prompts", folder + "/none.txt").failedWith(2).stderr())
        .contains("none.txt", "there is no such file");
  }

  @Test
  void overlongPromptIsCutWithAWarning() {
    PrintStream before = System.err;
    ByteArrayOutputStream captured = new ByteArrayOutputStream();
    System.setErr(new PrintStream(captured, true, UTF_8));
    try {
      generate("--prompt", "a large red circle ".repeat(60), "--steps", "1").succeeded();
    } finally {
      System.setErr(before);
    }
    assertThat(captured.toString(UTF_8)).contains("warning: ", "longer than", "cut off");
    assertThat(folder.resolve("out.png")).exists();
  }

  @ParameterizedTest
  @CsvSource({"--width, 60, 56 or 64", "--height, 5, 8"})
  void sizeNotDivisible(String side, String pixels, String instead) {
    assertThat(generate("--prompt", "a ring", side, pixels).failedWith(2).stderr())
        .contains(side.substring(2), pixels, "multiple of 8", instead);
  }

  @ParameterizedTest
  @CsvSource({
    "--steps, 0, steps",
    "--steps, 5000, steps",
    "--batch, 0, --batch",
    "--threads, 0, --threads",
    "--threads, 100000, --threads",
    "--width, 99999992, width",
    "--guidance, NaN, guidance",
    "--scheduler, plms, dpmsolver++"
  })
  void valueOutOfRange(String option, String value, String named) {
    assertThat(generate("--prompt", "a ring", option, value).failedWith(2).stderr())
        .contains(named);
  }

  @Test
  void backendThatDoesNotExist() {
    assertThat(generate("--prompt", "a ring", "--backend", "gpu").failedWith(2).stderr())
        .contains("gpu", "reference");
  }

  @Test
  void precisionThatTheBackendDoesNotHave() {
    assertThat(
            generate("--prompt", "a ring", "--backend", "reference", "--precision", "bf16")
                .failedWith(1)
                .stderr())
        .contains("Backend reference computes in fp32 only; leave --precision out");
    assertThat(generate("--prompt", "a ring", "--precision", "fp8").failedWith(2).stderr())
        .contains("--precision", "fp8", "BF16");
  }

  @Test
  void optionsThatContradictEachOther() {
    generate("--prompt", "a", "--prompts", "b").failedWith(2);
    generate("--prompt", "a", "--plan", "w8a8", "--quantized", "b").failedWith(2);
    generate("--prompt", "a", "--stats", "b").failedWith(2);
    generate("--prompt", "a", "--embeddings", "b").failedWith(2);
    generate("--prompt", "a", "--quantized", "b", "--transformer", "c").failedWith(2);
    generate("--prompt", "a", "--weight-bits", "b").failedWith(2);
    generate("--prompt", "a", "--plan", "w8a8", "--activation-bits", "b").failedWith(2);
    CommandRun.of("generate", "--model", SAMPLE, "--prompt", "a").failedWith(2);
    CommandRun.of("demo", "--pictures", "99", "--out", folder + "/demo").failedWith(2);
  }

  @Test
  void anEndingThatStandsForNoFormat() {
    assertThat(
            CommandRun.of(
                    "generate", "--model", SAMPLE, "--prompt", "a", "--out", folder + "/x.tiff")
                .failedWith(2)
                .stderr())
        .contains("x.tiff", ".png, .jpg, .jpeg, .webp, .gif or .mp4");
    assertThat(folder.resolve("x.tiff")).doesNotExist();
    generate("--prompt", "a", "--format", "gif").failedWith(2);
    generate("--prompt", "a", "--quality", "0").failedWith(2);
  }

  @Test
  void aFileThatExistsIsNotReplaced() throws IOException {
    Path file = Files.writeString(folder.resolve("out.png"), "earlier");
    String[] command = {"generate", "--model", SAMPLE, "--prompt", "a", "--out", file.toString()};
    assertThat(CommandRun.of(command).failedWith(2).stderr()).contains("out.png", "--force");
    assertThat(file).hasContent("earlier");
    assertThat(
            CommandRun.of(
                    "generate",
                    "--model",
                    SAMPLE,
                    "--prompt",
                    "a",
                    "--save-embeddings",
                    file.toString())
                .failedWith(2)
                .stderr())
        .contains("out.png", "--force");
    assertThat(file).hasContent("earlier");
  }

  @Test
  void severalPicturesForOneFile() {
    assertThat(generate("--prompt", "a", "--prompt", "b").failedWith(2).stderr())
        .contains("2 pictures cannot go to the one file");
  }

  // ---- output ---------------------------------------------------------------------------------

  @Test
  void outputBelowAFile() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "x");
    for (List<String> command :
        List.of(
            List.of("generate", "--prompt", "a ring", "--out", file + "/a.png"),
            List.of("calibrate", "--prompt", "a ring", "--out", file + "/a.safetensors"),
            List.of("quantize", "--plan", "w8a8", "--out", file + "/a"))) {
      List<String> arguments = new ArrayList<>(command);
      arguments.addAll(List.of("--model", SAMPLE));
      assertThat(CommandRun.of(arguments.toArray(String[]::new)).failedWith(1).stderr())
          .contains("Cannot write", file.toString());
    }
    assertThat(file).hasContent("x");
  }

  // ---- models ---------------------------------------------------------------------------------

  @Test
  void noModelFolder() {
    assertThat(run("generate", "--model", folder + "/none", "--prompt", "a").stderr())
        .contains("There is no model folder", "none");
  }

  @Test
  void unknownPipelineClass() throws IOException {
    Files.writeString(
        folder.resolve("model_index.json"), "{\"_class_name\": \"StableDiffusionPipeline\"}");
    assertThat(run("generate", "--model", folder.toString(), "--prompt", "a").stderr())
        .contains("StableDiffusionPipeline", "not supported", "no transformer", "PixArt");
  }

  @Test
  void missingTensor() throws IOException {
    withTransformer(tensor -> tensor.name().equals(LAYER) ? null : tensor);
    assertThat(generateWithTransformer().failedWith(1).stderr()).contains(LAYER);
  }

  @Test
  void misshapedTensor() throws IOException {
    withTransformer(
        tensor ->
            tensor.name().equals(LAYER) ? MemoryTensor.of(LAYER, Tensor.zeros(192, 191)) : tensor);
    assertThat(generateWithTransformer().failedWith(1).stderr())
        .contains(LAYER, "[192, 191]", "[192, 192]");
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void weightsThatAreNotFinite(float value) throws IOException {
    withTransformer(
        tensor -> {
          if (!tensor.name().equals(LAYER)) {
            return tensor;
          }
          Tensor weight = tensor.toTensor();
          weight.data()[77] = value;
          return MemoryTensor.of(LAYER, weight);
        });
    assertThat(generateWithTransformer().failedWith(1).stderr())
        .contains("transformer_blocks.3.attn1.to_q", "NaN or infinity");
    assertThat(generateWithTransformer("--plan", "w8a8").failedWith(1).stderr())
        .contains("transformer_blocks.3.attn1.to_q", "NaN or infinity");
  }

  // ---- checkpoints ----------------------------------------------------------------------------

  @Test
  void truncatedCheckpoint() throws IOException {
    byte[] whole = Files.readAllBytes(Path.of(SAMPLE, "vae/diffusion_pytorch_model.safetensors"));
    for (int length : new int[] {0, 7, 8, 1000, whole.length - 1}) {
      assertThat(inspect(Arrays.copyOf(whole, length))).contains("bad.safetensors");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "overlapping offsets|{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},"
            + "'b':{'dtype':'F32','shape':[2],'data_offsets':[4,12]}}",
        "offsets behind the end|{'a':{'dtype':'F32','shape':[4],'data_offsets':[0,16]}}",
        "backward offsets|{'a':{'dtype':'F32','shape':[1],'data_offsets':[8,4]}}",
        "unknown dtype|{'a':{'dtype':'F3','shape':[3],'data_offsets':[0,12]}}",
        "wrong element count|{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,12]}}",
        "negative extent|{'a':{'dtype':'F32','shape':[-3],'data_offsets':[0,12]}}",
        "no JSON|{'a':"
      })
  void lyingCheckpoint(String lie, String header) throws IOException {
    byte[] json = header.replace('\'', '"').getBytes(UTF_8);
    ByteBuffer file = ByteBuffer.allocate(8 + json.length + 12).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(json.length).put(json);
    assertThat(inspect(file.array())).as(lie).contains("bad.safetensors");
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 1L << 40, Long.MAX_VALUE, 5000})
  void lyingHeaderLength(long length) throws IOException {
    byte[] file = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array();
    assertThat(inspect(file)).contains("bad.safetensors");
  }

  // ---- plans and statistics -------------------------------------------------------------------

  @Test
  void planThatDoesNotExist() {
    assertThat(generate("--prompt", "a ring", "--plan", "w8a9").failedWith(2).stderr())
        .contains("w8a9", "w8a8");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "weight: {bits: 8",
        "weight: {bits: 99}\nactivation: {mode: dynamic_token, bits: 8}",
        "weight: {bits: 8}\nactivation: {mode: sometimes, bits: 8}",
        "weight: {bits: 8}\nactivation: {mode: dynamic_token, bits: 8}\nweigth: 3",
        "weight: {bits: 4}\nactivation: {mode: dynamic_token, bits: 8}\n"
            + "balance: {alpha: [0.1, 0.2], ranges: [[0, 600], [501, 1000]]}",
        "quant: {weight: {quantizer: {n_bits: 8}}}\nweight: {bits: 8}"
      })
  void malformedOrContradictoryPlan(String yaml) throws IOException {
    Path plan = Files.writeString(folder.resolve("plan.yaml"), yaml);
    assertThat(generate("--prompt", "a ring", "--plan", plan.toString()).failedWith(1).stderr())
        .contains("plan.yaml");
  }

  @Test
  void planThatNeedsStatistics() {
    for (String plan : List.of("w8a8-naive", "w6a6", "w4a8")) {
      assertThat(generate("--prompt", "a ring", "--plan", plan).failedWith(1).stderr())
          .contains("needs calibration statistics");
    }
  }

  @Test
  void statisticsOfAnotherModel() {
    String statistics = folder + "/stats.safetensors";
    CommandRun.of(
            "calibrate",
            "--model",
            SAMPLE,
            "--prompt",
            "a ring",
            "--steps",
            "2",
            "--every",
            "1",
            "--out",
            statistics,
            "--quiet")
        .succeeded();
    assertThat(
            generate(
                    "--prompt",
                    "a ring",
                    "--transformer",
                    OUTLIER,
                    "--plan",
                    "w6a6",
                    "--stats",
                    statistics)
                .failedWith(1)
                .stderr())
        .contains("belong to another model");
  }

  @Test
  void statisticsThatAreNone() {
    assertThat(
            generate(
                    "--prompt",
                    "a ring",
                    "--plan",
                    "w6a6",
                    "--stats",
                    SAMPLE + "/vae/diffusion_pytorch_model.safetensors")
                .failedWith(1)
                .stderr())
        .contains("holds no calibration statistics");
  }

  @Test
  void quantizedCheckpointThatIsNone() {
    assertThat(
            generate("--prompt", "a ring", "--quantized", SAMPLE + "/transformer")
                .failedWith(1)
                .stderr())
        .contains("is no quantized checkpoint");
  }

  // ---- helpers --------------------------------------------------------------------------------

  /** Failing or not, {@code generate} leaves nothing but its picture. */
  private CommandRun generate(String... arguments) {
    List<String> all =
        new ArrayList<>(
            List.of("generate", "--model", SAMPLE, "--out", folder + "/out.png", "--quiet"));
    all.addAll(List.of(arguments));
    CommandRun run = CommandRun.of(all.toArray(String[]::new));
    if (run.exitCode() != 0) {
      assertThat(leftovers()).isEmpty();
    }
    return run;
  }

  private CommandRun run(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--out", folder + "/out.png"));
    return CommandRun.of(all.toArray(String[]::new)).failedWith(1);
  }

  private CommandRun generateWithTransformer(String... more) {
    List<String> all =
        new ArrayList<>(
            List.of("--prompt", "a ring", "--steps", "1", "--transformer", folder + "/changed"));
    all.addAll(List.of(more));
    return generate(all.toArray(String[]::new));
  }

  /** Writes the sample's transformer with changed tensors; null leaves a tensor out. */
  private void withTransformer(UnaryOperator<StoredTensor> change) throws IOException {
    Path changed = Files.createDirectory(folder.resolve("changed"));
    Files.copy(Path.of(SAMPLE, "transformer/config.json"), changed.resolve("config.json"));
    try (Checkpoint original = Checkpoints.open(Path.of(SAMPLE, "transformer"))) {
      List<StoredTensor> tensors = new ArrayList<>();
      for (String name : original.names()) {
        StoredTensor tensor = change.apply(original.get(name));
        if (tensor != null) {
          tensors.add(tensor);
        }
      }
      SafetensorsWriter.write(
          changed.resolve("diffusion_pytorch_model.safetensors"), tensors, Map.of());
    }
  }

  private String inspect(byte[] file) throws IOException {
    Path bad = Files.write(folder.resolve("bad.safetensors"), file);
    return CommandRun.of("inspect", bad.toString()).failedWith(1).stderr();
  }

  private List<String> leftovers() {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("out") || name.startsWith("."))
          .toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
