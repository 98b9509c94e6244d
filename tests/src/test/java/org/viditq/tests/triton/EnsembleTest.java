package org.viditq.tests.triton;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DynamicMessage;
import java.awt.image.BufferedImage;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.cli.Main;
import org.viditq.core.diffusers.Component;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.model.Conditioning;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.random.SeededNoise;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.core.text.TokenizedText;
import org.viditq.core.text.Tokenizer;
import org.viditq.core.text.Tokenizers;
import org.viditq.onnx.SamplerGraph;
import org.viditq.quantize.metric.Psnr;

/**
 * An ensemble as its configuration says it, each network in ONNX Runtime with our operators: from
 * the tokens of a prompt it makes the picture of {@code viditq generate}.
 */
class EnsembleTest {
  private static final Path SAMPLE = Path.of("..", "samples", "pixart-mini");
  private static final String PROMPT = "a red circle on a gray background";
  private static final long SEED = 7;
  private static final int STEPS = 4;
  private static final double DECIBEL = 50;

  @TempDir Path folder;

  /**
   * The backend has another attention and the text encoder of the native one, whose last bits
   * differ; guidance makes 40 dB of the codes that this changes, on every backend. With the same
   * operators samplings are equal to the bit, see {@link SamplerGraphTest}.
   */
  @ParameterizedTest
  @CsvSource({", 4.5", "w8a8, 1"})
  @Tag("slow")
  void picturesAreThoseOfGenerate(String plan, double guidance) throws Exception {
    Path repository = folder.resolve("repository");
    List<Object> how = plan == null ? List.of() : List.of("--plan", plan);
    Object[] arguments =
        Stream.concat(
                how.stream(),
                Stream.of(
                    "--part",
                    "all",
                    "--attention",
                    "decomposed",
                    "--steps",
                    STEPS,
                    "--guidance",
                    guidance,
                    "--out",
                    repository))
            .toArray();
    assertThat(TritonModel.export(SAMPLE.toString(), arguments)).isZero();

    Map<String, Tensor> tensors = new HashMap<>(request(guidance));
    DynamicMessage ensemble =
        TritonModel.parse(repository.resolve("pipeline").resolve("config.pbtxt"));
    Map<String, GraphSession> sessions = new HashMap<>();
    try {
      for (TritonModel.Step step : TritonModel.steps(ensemble)) {
        if (!sessions.containsKey(step.network())) {
          sessions.put(
              step.network(),
              new GraphSession(
                  repository.resolve(step.network()).resolve("1").resolve("model.onnx")));
        }
        Map<String, Tensor> inputs = new HashMap<>();
        step.inputs().forEach((input, name) -> inputs.put(input, tensors.get(name)));
        Map<String, Tensor> results = sessions.get(step.network()).run(inputs);
        step.outputs().forEach((output, name) -> tensors.put(name, results.get(output)));
      }
    } finally {
      for (GraphSession session : sessions.values()) {
        session.close();
      }
    }
    Tensor expected = generated(how, guidance);
    Tensor picture = bytes(tensors.get("pictures"));
    assertThat(picture.shape()).isEqualTo(expected.shape());
    assertThat(Psnr.of(expected, picture, 255)).isGreaterThanOrEqualTo(DECIBEL);
  }

  /** What a client sends: tokens, noise of the seed, guidance. */
  private static Map<String, Tensor> request(double guidance) {
    PipelineFolder files = PipelineFolder.open(SAMPLE);
    DenoiserModel model = DiffusionPipeline.readModel(files);
    int length = ((Conditioning.Text) model.conditioning(files.className())).tokens();
    Map<String, Tensor> request = new HashMap<>();
    try (Tokenizer tokenizer = Tokenizers.open(files.folder(Component.TOKENIZER))) {
      put(request, "", tokenizer.tokenize(PROMPT, length));
      put(request, SamplerGraph.NEGATIVE, tokenizer.tokenize("", length));
    }
    Shape latents =
        Shape.of(1, model.latents().channels(), model.latents().height(), model.latents().width());
    request.put(SamplerGraph.NOISE, new SeededNoise(List.of(SEED)).draw(latents));
    request.put(SamplerGraph.GUIDANCE, Tensor.of(new float[] {(float) guidance}, 1));
    return request;
  }

  private static void put(Map<String, Tensor> request, String prefix, TokenizedText text) {
    request.put(prefix + "input_ids", row(text.ids()));
    request.put(prefix + "mask", row(text.mask()));
  }

  private static Tensor row(int[] values) {
    float[] row = new float[values.length];
    for (int i = 0; i < row.length; i++) {
      row[i] = values[i];
    }
    return Tensor.of(row, 1, row.length);
  }

  /** [1, 3, H, W], 0 to 255. */
  private Tensor generated(List<Object> how, double guidance) throws Exception {
    System.setProperty("viditq.home", "..");
    Path out = folder.resolve("picture.png");
    String[] arguments =
        Stream.concat(
                how.stream(),
                Stream.of(
                    "--prompt",
                    PROMPT,
                    "--seed",
                    SEED,
                    "--steps",
                    STEPS,
                    "--guidance",
                    guidance,
                    "--backend",
                    "onnxruntime",
                    "--out",
                    out))
            .map(Object::toString)
            .toArray(String[]::new);
    String[] all =
        Stream.concat(Stream.of("generate", "--model", SAMPLE.toString()), Stream.of(arguments))
            .toArray(String[]::new);
    StringWriter errors = new StringWriter();
    assertThat(Main.run(new PrintWriter(new StringWriter()), new PrintWriter(errors), all))
        .as(errors.toString())
        .isZero();
    BufferedImage image = ImageIO.read(out.toFile());
    int height = image.getHeight();
    int width = image.getWidth();
    Tensor picture = Tensor.zeros(1, 3, height, width);
    for (int i = 0; i < height * width; i++) {
      int rgb = image.getRGB(i % width, i / width);
      for (int c = 0; c < 3; c++) {
        picture.data()[c * height * width + i] = rgb >> 8 * (2 - c) & 0xff;
      }
    }
    return picture;
  }

  /** From -1 .. 1 to what a file of a picture holds. */
  private static Tensor bytes(Tensor pictures) {
    float[] values = new float[pictures.size()];
    for (int i = 0; i < values.length; i++) {
      float share = Math.max(0, Math.min(1, pictures.data()[i] / 2 + 0.5f));
      values[i] = (float) Math.rint(share * 255);
    }
    return Tensor.of(pictures.shape(), values);
  }
}
