package org.viditq.tests.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.model.InputNames;
import org.viditq.core.model.bert.BertConfig;
import org.viditq.core.model.t5.T5Config;
import org.viditq.core.model.vae.AutoencoderKlConfig;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.AutoencoderGraph;
import org.viditq.onnx.FloatFormat;
import org.viditq.onnx.OnnxGraph;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.OnnxOptions.AttentionForm;
import org.viditq.onnx.TextEncoderGraph;
import org.viditq.verify.fixture.Comparison;
import org.viditq.verify.fixture.Difference;
import org.viditq.verify.fixture.FixtureCase;
import org.viditq.verify.fixture.FixtureReader;
import org.viditq.verify.fixture.Values;

/** Graphs of text encoders and decoders for all extents pass the golden cases in both dialects. */
class ComponentGraphTest {
  private static final List<OnnxOptions> DIALECTS =
      List.of(OnnxOptions.STANDARD, OnnxOptions.plugin(FloatFormat.FP32, AttentionForm.STANDARD));

  static List<Path> encoders() {
    return files("(t5|bert)\\.encoder.*\\.safetensors");
  }

  static List<Path> decoders() {
    return files("vae\\.decode__(sd_like|deep|temporal_decoder)\\.safetensors");
  }

  private static List<Path> files(String pattern) {
    try (Stream<Path> files = Files.list(Path.of("fixtures"))) {
      List<Path> found =
          files.filter(file -> file.getFileName().toString().matches(pattern)).sorted().toList();
      assertThat(found).isNotEmpty();
      return found;
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  @ParameterizedTest
  @MethodSource("encoders")
  void textEncodersGiveTheGoldenOutput(Path file) throws OrtException {
    try (FixtureCase fixture = FixtureReader.open(file)) {
      Tensor mask = fixture.input("attention_mask");
      for (OnnxOptions options : DIALECTS) {
        OnnxGraph graph =
            file.getFileName().toString().startsWith("t5")
                ? TextEncoderGraph.recordT5(
                    T5Config.fromJson(fixture.json()), fixture.parameters(), options)
                : TextEncoderGraph.recordBert(
                    BertConfig.fromJson(fixture.json()), fixture.parameters(), options);
        long[] dims = dims(mask);
        try (OnnxTensor ids =
                OnnxTensor.createTensor(
                    OrtEnvironment.getEnvironment(),
                    IntBuffer.wrap(fixture.integers("input_ids")),
                    dims);
            OnnxTensor valid = feed(mask)) {
          Map<String, OnnxTensor> fed =
              Map.of(TextEncoderGraph.TOKENS, ids, InputNames.MASK, valid);
          requireGolden(fixture, "output", run(graph, fed));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void decodersGiveTheGoldenOutput(Path file) throws OrtException {
    try (FixtureCase fixture = FixtureReader.open(file)) {
      boolean temporal = fixture.variant().equals("temporal_decoder");
      AutoencoderKlConfig config =
          temporal
              ? AutoencoderKlConfig.fromTemporalJson(fixture.json())
              : AutoencoderKlConfig.fromJson(fixture.json());
      Tensor latents = fixture.input("latent");
      // The graph divides by the scaling factor, the case of the temporal decoder does not.
      Tensor given = temporal ? scaled(latents, (float) config.scalingFactor()) : latents;
      int frames = temporal ? fixture.setting("num_frames").intValue() : latents.dim(0);
      for (OnnxOptions options : DIALECTS) {
        OnnxGraph graph = AutoencoderGraph.recordDecoder(config, fixture.parameters(), options);
        Tensor whole = null;
        // One clip at a time.
        for (int from = 0; from < latents.dim(0); from += frames) {
          try (OnnxTensor clip = feed(samples(given, from, from + frames))) {
            Tensor decoded = run(graph, Map.of(InputNames.LATENTS, clip));
            whole = whole == null ? decoded : joined(whole, decoded);
          }
        }
        requireGolden(fixture, temporal ? "output" : "output_unscaled", whole);
      }
    }
  }

  private static void requireGolden(FixtureCase fixture, String output, Tensor got) {
    Difference difference =
        Comparison.compare(
            output,
            fixture.expected().get(output),
            Optional.of(Values.of(got)),
            fixture.tolerances().get(output));
    assertThat(difference.pass()).as("%s: %s", fixture.file(), difference).isTrue();
  }

  private static Tensor run(OnnxGraph graph, Map<String, OnnxTensor> inputs) throws OrtException {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      try (OrtSession session =
              OrtEnvironment.getEnvironment().createSession(graph.toBytes(), options);
          OrtSession.Result result = session.run(new HashMap<>(inputs))) {
        OnnxTensor output = (OnnxTensor) result.get(0);
        FloatBuffer buffer = output.getFloatBuffer();
        float[] values = new float[buffer.remaining()];
        buffer.get(values);
        int[] dims =
            Arrays.stream(output.getInfo().getShape()).mapToInt(Math::toIntExact).toArray();
        return Tensor.of(Shape.of(dims), values);
      }
    }
  }

  private static OnnxTensor feed(Tensor tensor) throws OrtException {
    return OnnxTensor.createTensor(
        OrtEnvironment.getEnvironment(), FloatBuffer.wrap(tensor.data()), dims(tensor));
  }

  private static long[] dims(Tensor tensor) {
    return Arrays.stream(tensor.shape().toArray()).asLongStream().toArray();
  }

  private static Tensor scaled(Tensor x, float factor) {
    float[] values = x.data().clone();
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
    return Tensor.of(x.shape(), values);
  }

  private static Tensor samples(Tensor x, int from, int to) {
    int[] dims = x.shape().toArray();
    int row = x.size() / dims[0];
    dims[0] = to - from;
    return Tensor.of(Arrays.copyOfRange(x.data(), from * row, to * row), dims);
  }

  private static Tensor joined(Tensor a, Tensor b) {
    int[] dims = a.shape().toArray();
    dims[0] += b.dim(0);
    float[] values = Arrays.copyOf(a.data(), a.size() + b.size());
    System.arraycopy(b.data(), 0, values, a.size(), b.size());
    return Tensor.of(values, dims);
  }
}
