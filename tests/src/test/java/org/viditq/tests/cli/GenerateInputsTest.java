package org.viditq.tests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.bench.model.ModelLayouts;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.checkpoint.Checkpoints;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.SafetensorsWriter;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.tensor.Tensor;
import org.viditq.tests.pipeline.FixturePipelines;

/** What people give to generate beside a prompt: adapters, pictures, sizes, seeds. */
@Tag("slow")
class GenerateInputsTest {
  private static final String SAMPLE = "../samples/pixart-mini";
  private static final String CLIPS = "../samples/stdit-mini";
  private static final String RING = "a red ring on a gray background";
  private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

  @TempDir private Path folder;

  private CommandRun run(String model, String out, String... arguments) {
    List<String> all = new ArrayList<>(List.of("generate", "--model", model));
    List<String> more = List.of(arguments);
    if (!more.contains("--steps")) {
      all.addAll(List.of("--steps", "2"));
    }
    all.addAll(List.of("--quiet", "--out", folder + "/" + out));
    all.addAll(more);
    return CommandRun.of(all.toArray(String[]::new));
  }

  private CommandRun ring(String out, String... arguments) {
    List<String> all = new ArrayList<>(List.of("--prompt", RING));
    all.addAll(List.of(arguments));
    return run(SAMPLE, out, all.toArray(String[]::new));
  }

  /** What is said on the way to a new file. */
  private String told(String model, String... arguments) {
    List<String> all = new ArrayList<>(List.of("generate", "--model", model));
    all.addAll(List.of(arguments));
    all.addAll(List.of("--out", folder + "/told/"));
    return CommandRun.of(all.toArray(String[]::new)).succeeded().stderr();
  }

  private BufferedImage image(String file) throws IOException {
    return ImageIO.read(folder.resolve(file).toFile());
  }

  private List<Integer> pixels(String file) throws IOException {
    BufferedImage image = image(file);
    int[] rgb = image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    return Arrays.stream(rgb).boxed().toList();
  }

  private List<String> files(String below) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve(below))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private int mostDifference(String a, String b) throws IOException {
    List<Integer> first = pixels(a);
    List<Integer> second = pixels(b);
    assertThat(first).hasSameSizeAs(second);
    int most = 0;
    for (int i = 0; i < first.size(); i++) {
      for (int shift = 0; shift < 24; shift += 8) {
        most =
            Math.max(
                most, Math.abs((first.get(i) >> shift & 0xff) - (second.get(i) >> shift & 0xff)));
      }
    }
    return most;
  }

  // ---- adapters -------------------------------------------------------------------------------

  /** Random factors for the self attention of all blocks, under names of kohya's scripts. */
  private String adapter(String name, String layers, int blocks, int inputs, int outputs) {
    Random random = new Random(name.hashCode());
    List<StoredTensor> tensors = new ArrayList<>();
    for (int i = 0; i < blocks; i++) {
      String layer = layers.replace("#", Integer.toString(i));
      tensors.add(MemoryTensor.of(layer + ".lora_down.weight", gaussian(random, 4, inputs)));
      tensors.add(MemoryTensor.of(layer + ".lora_up.weight", gaussian(random, outputs, 4)));
      tensors.add(MemoryTensor.of(layer + ".alpha", Tensor.full(2, 1)));
    }
    Path file = folder.resolve(name + ".safetensors");
    SafetensorsWriter.write(file, tensors, Map.of());
    return file.toString();
  }

  private String adapter() {
    return adapter("style", "lora_unet_transformer_blocks_#_attn1_to_v", 8, 192, 192);
  }

  private static Tensor gaussian(Random random, int... dims) {
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = (float) (0.1 * random.nextGaussian());
    }
    return tensor;
  }

  @Test
  void anAdapterChangesThePictureByItsScale() throws IOException {
    String adapter = adapter();
    ring("plain.png").succeeded();
    JsonNode json = ring("with.png", "--lora", adapter, "--json").succeeded().json();
    assertThat(json.path("model").asText()).contains("with LoRA", "style.safetensors");
    ring("none.png", "--lora", adapter + ":0").succeeded();
    ring("again.png", "--lora", adapter + ":0.25", "--lora", adapter + ":0.75").succeeded();
    assertThat(pixels("none.png")).isEqualTo(pixels("plain.png"));
    assertThat(mostDifference("with.png", "plain.png")).isGreaterThan(8);
    assertThat(mostDifference("again.png", "with.png")).isLessThanOrEqualTo(1);
  }

  @Test
  void adaptersAreMergedBeforeQuantization() throws IOException {
    String adapter = adapter();
    String statistics = folder + "/stats.safetensors";
    CommandRun.of(
            "calibrate",
            "--model",
            SAMPLE,
            "--prompt",
            RING,
            "--steps",
            "2",
            "--lora",
            adapter,
            "--out",
            statistics,
            "--quiet")
        .succeeded();
    CommandRun.of(
            "quantize",
            "--model",
            SAMPLE,
            "--plan",
            "w8a8-balanced",
            "--stats",
            statistics,
            "--lora",
            adapter,
            "--out",
            folder + "/q",
            "--quiet")
        .succeeded();
    String[] plan = {"--plan", "w8a8-balanced", "--stats", statistics};
    ring("plan.png", plan[0], plan[1], plan[2], plan[3], "--lora", adapter).succeeded();
    ring("folder.png", "--quantized", folder + "/q").succeeded();
    ring("full.png", "--lora", adapter).succeeded();
    ring("plain.png").succeeded();
    assertThat(pixels("folder.png")).isEqualTo(pixels("plan.png"));
    assertThat(mostDifference("plan.png", "full.png"))
        .isLessThan(mostDifference("plan.png", "plain.png"));

    // Statistics are those of the merged model.
    assertThat(ring("x.png", plan).failedWith(1).stderr()).contains("another model");
    // What is quantized takes no adapter, and the advice works.
    assertThat(
            ring("x.png", "--quantized", folder + "/q", "--lora", adapter).failedWith(2).stderr())
        .contains("viditq quantize", "--plan");
    assertThat(
            ring("x.png", "--transformer", folder + "/q", "--lora", adapter).failedWith(1).stderr())
        .contains("is quantized", "--lora");
    assertThat(folder.resolve("x.png")).doesNotExist();
  }

  @Test
  void aConvertedCheckpointHoldsTheAdapter() throws IOException {
    String adapter = adapter();
    String merged = folder + "/merged";
    CommandRun.of(
            "convert",
            SAMPLE + "/transformer",
            "--lora",
            adapter + ":0.5",
            "--out",
            merged,
            "--quiet")
        .succeeded();
    try (Checkpoint before = Checkpoints.open(Path.of(SAMPLE, "transformer"));
        Checkpoint after = Checkpoints.open(Path.of(merged))) {
      assertThat(after.names()).isEqualTo(before.names());
      for (String name : before.names()) {
        assertThat(after.get(name).dtype()).as(name).isEqualTo(before.get(name).dtype());
      }
    }
    ring("merged.png", "--transformer", merged).succeeded();
    ring("with.png", "--lora", adapter + ":0.5").succeeded();
    assertThat(mostDifference("merged.png", "with.png")).isLessThanOrEqualTo(4);
  }

  @Test
  void clipsAndPlansTakeAdaptersToo() throws IOException {
    int channels;
    try (Checkpoint weights = Checkpoints.open(Path.of(CLIPS, "transformer"))) {
      channels = weights.get("blocks.0.attn.qkv.weight").shape().dim(1);
    }
    String adapter = adapter("clips", "blocks.#.attn.qkv", 4, channels, 3 * channels);
    run(CLIPS, "plain.gif", "--prompt", "x", "--steps", "1").succeeded();
    run(CLIPS, "with.gif", "--prompt", "x", "--steps", "1", "--lora", adapter).succeeded();
    assertThat(Files.readAllBytes(folder.resolve("with.gif")))
        .isNotEqualTo(Files.readAllBytes(folder.resolve("plain.gif")));
    CommandRun.of(
            "evaluate",
            "--model",
            SAMPLE,
            "--plan",
            "w8a8",
            "--prompt",
            RING,
            "--steps",
            "2",
            "--lora",
            adapter(),
            "--quiet")
        .succeeded();
  }

  @Test
  void anAdapterForAnotherModelNamesItsTensor() {
    String other = adapter("other", "transformer.single_transformer_blocks.#.attn.to_q", 1, 8, 8);
    assertThat(ring("x.png", "--lora", other).failedWith(1).stderr())
        .contains("single_transformer_blocks.0.attn.to_q.lora_down.weight", "no layer");
    String wrong = adapter("wrong", "transformer_blocks.#.attn1.to_q", 1, 64, 192);
    assertThat(ring("x.png", "--lora", wrong).failedWith(1).stderr())
        .contains("64 inputs", "192", "another model");
    assertThat(ring("x.png", "--lora", adapter() + ":strong").failedWith(2).stderr())
        .contains("'strong'", ":0.8");
    assertThat(ring("x.png", "--lora", "user/style").failedWith(1).stderr())
        .contains("There is no LoRA adapter user/style");
  }

  // ---- sizes ----------------------------------------------------------------------------------

  /** A PixArt that counts as one of 256 pixels: the sample with random weights of a larger VAE. */
  private String pixArt256() throws IOException {
    Path model = folder.resolve("pixart256");
    for (String part : List.of("transformer", "scheduler", "text_encoder", "tokenizer")) {
      Files.createDirectories(model.resolve(part));
      try (Stream<Path> files = Files.list(Path.of(SAMPLE, part))) {
        for (Path file : files.toList()) {
          Files.copy(file, model.resolve(part).resolve(file.getFileName()));
        }
      }
    }
    Files.copy(Path.of(SAMPLE, "model_index.json"), model.resolve("model_index.json"));
    ObjectMapper json = new ObjectMapper();
    Path transformer = model.resolve("transformer").resolve("config.json");
    ObjectNode config = (ObjectNode) json.readTree(transformer.toFile());
    json.writeValue(transformer.toFile(), config.put("sample_size", 32));
    ObjectNode vae = (ObjectNode) json.readTree(Path.of(SAMPLE, "vae", "config.json").toFile());
    vae.putArray("block_out_channels").add(8).add(8).add(8).add(8);
    for (String blocks : List.of("down", "up")) {
      String type = blocks.equals("down") ? "DownEncoderBlock2D" : "UpDecoderBlock2D";
      vae.putArray(blocks + "_block_types").add(type).add(type).add(type).add(type);
    }
    Path folder = Files.createDirectory(model.resolve("vae"));
    json.writeValue(folder.resolve("config.json").toFile(), vae);
    SafetensorsWriter.write(
        folder.resolve(WEIGHTS),
        ModelLayouts.autoencoder(JsonConfig.of(vae, "vae")),
        Map.of("format", "pt"));
    return model.toString();
  }

  @Test
  void pixArtSamplesAtTheSizesOfItsTraining() throws IOException {
    String model = pixArt256();
    String[] wide = {"--prompt", "x", "--steps", "1", "--width", "300", "--height", "200"};
    JsonNode json =
        run(
                model,
                "a.png",
                Stream.concat(Stream.of(wide), Stream.of("--json")).toArray(String[]::new))
            .succeeded()
            .json();
    assertThat(json.path("width").asInt()).isEqualTo(300);
    assertThat(json.path("height").asInt()).isEqualTo(200);
    assertThat(json.path("sampledWidth").asInt()).isEqualTo(304);
    assertThat(json.path("sampledHeight").asInt()).isEqualTo(208);
    assertThat(image("a.png").getWidth()).isEqualTo(300);
    assertThat(image("a.png").getHeight()).isEqualTo(200);

    assertThat(told(model, wide))
        .containsOnlyOnce("Samples at 304 x 208 pixels")
        .contains("pictures of 300 x 200", "--no-binning");

    // As it is asked for; 300 is no multiple of 16, and the advice works.
    String[] asked =
        Stream.concat(Stream.of(wide), Stream.of("--no-binning")).toArray(String[]::new);
    String advice = run(model, "b.png", asked).failedWith(2).stderr();
    Matcher instead = Pattern.compile("take (\\d+) or (\\d+)").matcher(advice);
    assertThat(instead.find()).isTrue();
    run(
            model,
            "b.png",
            "--prompt",
            "x",
            "--steps",
            "1",
            "--width",
            "304",
            "--height",
            instead.group(1),
            "--no-binning")
        .succeeded();
    assertThat(image("b.png").getHeight()).isEqualTo(Integer.parseInt(instead.group(1)));

    run(model, "c.png", "--prompt", "x", "--steps", "1").succeeded();
    assertThat(told(model, "--prompt", "x", "--steps", "1")).doesNotContain("Samples at");
    assertThat(image("c.png").getWidth()).isEqualTo(256);
    assertThat(run(model, "d.png", "--prompt", "x", "--width", "0").failedWith(2).stderr())
        .contains("0 x 256");
    assertThat(run(model, "d.png", "--prompt", "x", "--width", "99999").failedWith(2).stderr())
        .contains("99999", "16384");
  }

  @Test
  void otherModelsSampleAtTheSizeThatIsAsked() throws IOException {
    ring("a.png", "--width", "96", "--height", "40").succeeded();
    assertThat(image("a.png").getWidth()).isEqualTo(96);
    assertThat(image("a.png").getHeight()).isEqualTo(40);
  }

  // ---- pictures to start from -----------------------------------------------------------------

  private String photo(int width, int height) throws IOException {
    BufferedImage photo = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        photo.setRGB(x, y, 255 * x / width << 16 | 255 * y / height << 8 | 90);
      }
    }
    Path file = folder.resolve(width + "x" + height + ".png");
    ImageIO.write(photo, "png", file.toFile());
    return file.toString();
  }

  @Test
  void aPictureStartsFromAPicture() throws IOException {
    String photo = photo(64, 64);
    ring("plain.png", "--steps", "8").succeeded();
    ring("weak.png", "--steps", "8", "--image", photo, "--strength", "0.2").succeeded();
    ring("strong.png", "--steps", "8", "--image", photo).succeeded();
    ring("same.png", "--steps", "8", "--image", photo, "--strength", "0.8").succeeded();
    assertThat(pixels("same.png")).isEqualTo(pixels("strong.png"));
    assertThat(distance("weak.png", "64x64.png"))
        .isLessThan(distance("strong.png", "64x64.png"))
        .isLessThan(distance("plain.png", "64x64.png"));
  }

  private long distance(String a, String b) throws IOException {
    List<Integer> first = pixels(a);
    List<Integer> second = pixels(b);
    long sum = 0;
    for (int i = 0; i < first.size(); i++) {
      for (int shift = 0; shift < 24; shift += 8) {
        int difference = (first.get(i) >> shift & 0xff) - (second.get(i) >> shift & 0xff);
        sum += difference * difference;
      }
    }
    return sum;
  }

  @Test
  void theResultHasTheShapeOfThePictureOrTheSizeThatIsAsked() throws IOException {
    String photo = photo(300, 150);
    ring("a.png", "--image", photo).succeeded();
    assertThat(image("a.png").getWidth()).isEqualTo(88); // 64 * sqrt(2), multiples of 8
    assertThat(image("a.png").getHeight()).isEqualTo(48);
    ring("b.png", "--image", photo, "--width", "40").succeeded();
    assertThat(image("b.png").getWidth()).isEqualTo(40);
    assertThat(image("b.png").getHeight()).isEqualTo(64);
  }

  @Test
  void startsThatCannotBeAreRefusedBeforeWork() throws IOException {
    String photo = photo(64, 64);
    assertThat(ring("x.png", "--strength", "0.5").failedWith(2).stderr()).contains("--image");
    assertThat(ring("x.png", "--image", folder + "/no.png").failedWith(2).stderr())
        .contains("There is no picture");
    for (String strength : List.of("0", "1.5", "NaN", "-1")) {
      assertThat(ring("x.png", "--image", photo, "--strength", strength).failedWith(2).stderr())
          .contains("above 0 and at most 1");
    }
    assertThat(
            ring("x.png", "--image", photo, "--steps", "2", "--strength", "0.3")
                .failedWith(2)
                .stderr())
        .contains("at least 4 steps");
    ring("y.png", "--image", photo, "--steps", "4", "--strength", "0.3").succeeded();
    assertThat(run(CLIPS, "x.mp4", "--prompt", "x", "--image", photo).failedWith(2).stderr())
        .contains("makes clips", "--image");
    assertThat(folder.resolve("x.png")).doesNotExist();
  }

  @Test
  void aVaeWithoutAnEncoderIsNamed() throws IOException {
    Path model = folder.resolve("decoder-only");
    copy(Path.of(SAMPLE), model);
    Path vae = model.resolve("vae").resolve(WEIGHTS);
    try (Checkpoint whole = Checkpoints.open(Path.of(SAMPLE, "vae"))) {
      Files.delete(vae);
      SafetensorsWriter.write(
          vae,
          whole.names().stream()
              .filter(name -> !name.startsWith("encoder.") && !name.startsWith("quant_conv"))
              .map(whole::get)
              .toList(),
          Map.of());
    }
    assertThat(
            run(model.toString(), "x.png", "--prompt", "x", "--image", photo(64, 64))
                .failedWith(1)
                .stderr())
        .contains("decoder-only", "holds no encoder", "--image");
    run(model.toString(), "x.png", "--prompt", "x").succeeded();
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path file : all.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
  }

  // ---- seeds and prompts ----------------------------------------------------------------------

  @Test
  void seedsAreThoseOfTorch() throws IOException {
    JsonNode json =
        ring("o", "--seed", "18446744073709551615,-9223372036854775808", "--json")
            .succeeded()
            .json();
    assertThat(json.path("pictures")).hasSize(2);
    assertThat(json.path("pictures").path(0).path("seed").bigIntegerValue())
        .isEqualTo("18446744073709551615");
    assertThat(files("o"))
        .anyMatch(name -> name.contains("seed18446744073709551615-"))
        .anyMatch(name -> name.contains("seed-9223372036854775808-"));
    // Negative seeds count from 2^64 down.
    ring("a.png", "--seed", "-1").succeeded();
    ring("b.png", "--seed", "18446744073709551615").succeeded();
    assertThat(pixels("a.png")).isEqualTo(pixels("b.png"));
  }

  @ParameterizedTest
  @CsvSource({
    "x, 'x'",
    "1.5, '1.5'",
    "18446744073709551616, 18446744073709551616",
    "'1,1', Seed 1 is given twice",
    "'1,,2', ''"
  })
  void whatIsNoSeedIsNamed(String seed, String words) {
    assertThat(ring("x.png", "--seed", seed).failedWith(2).stderr())
        .contains(words, "eed")
        .doesNotContain("long", "int ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "   "})
  void anEmptyPromptIsAPrompt(String prompt) throws IOException {
    run(SAMPLE, "o", "--prompt", prompt, "--prompt", RING).succeeded();
    assertThat(files("o")).hasSize(2).anyMatch(name -> name.startsWith("01-picture-seed0-"));
  }

  @Test
  void captionsAreCleanedOnlyWhenThatIsAsked() throws IOException {
    String dirty = "<b>A red ring</b> on a gray background https://www.example.com/x @someone";
    run(SAMPLE, "dirty.png", "--prompt", dirty).succeeded();
    run(SAMPLE, "clean.png", "--prompt", dirty, "--clean-caption").succeeded();
    ring("plain.png").succeeded();
    assertThat(pixels("clean.png")).isEqualTo(pixels("plain.png"));
    assertThat(pixels("dirty.png")).isNotEqualTo(pixels("plain.png"));
    String model = FixturePipelines.dit(folder.resolve("dit")).toString();
    assertThat(run(model, "x.png", "--prompt", "tiger", "--clean-caption").failedWith(2).stderr())
        .contains("--clean-caption", "DiT");
  }
}
