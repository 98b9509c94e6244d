package org.viditq.cuda.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.bytedeco.tensorrt.global.nvonnxparser;
import org.bytedeco.tensorrt.nvinfer.Dims64;
import org.bytedeco.tensorrt.nvinfer.INetworkDefinition;
import org.bytedeco.tensorrt.nvonnxparser.IParser;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.model.bert.BertConfig;
import org.viditq.core.model.t5.T5Config;
import org.viditq.core.model.vae.AutoencoderKlConfig;
import org.viditq.onnx.AutoencoderGraph;
import org.viditq.onnx.FloatFormat;
import org.viditq.onnx.OnnxGraph;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.OnnxOptions.AttentionForm;
import org.viditq.onnx.TextEncoderGraph;
import org.viditq.verify.fixture.FixtureCase;
import org.viditq.verify.fixture.FixtureReader;

/** Text encoders and decoders, read by the real TensorRT, with all shapes known. */
class ComponentModelTest {
  private static final Path FIXTURES = Path.of("..", "tests", "fixtures");

  @TempDir Path folder;

  @BeforeEach
  void clearLog() {
    TensorRt.LOG.clear();
  }

  @ParameterizedTest
  @CsvSource({
    "t5.encoder__gated_gelu, FP16",
    "t5.encoder__gated_gelu, BF16",
    "t5.encoder__mt5_own_table, FP32",
    "bert.encoder__gelu_erf, FP16",
    "vae.decode__sd_like, FP16",
    "vae.decode__deep, BF16",
    "vae.decode__temporal_decoder, FP16"
  })
  void everyComponentIsANetwork(String name, FloatFormat format) {
    try (FixtureCase fixture = FixtureReader.open(FIXTURES.resolve(name + ".safetensors"))) {
      OnnxOptions options = OnnxOptions.plugin(format, AttentionForm.NODE);
      boolean encoder = !name.startsWith("vae");
      record(fixture, name, options).write(folder.resolve("graph"));
      INetworkDefinition network = TensorRt.builder().createNetworkV2(0);
      IParser parser = nvonnxparser.createParser(network, TensorRt.LOG);
      String file = folder.resolve("graph").resolve(OnnxGraph.MODEL_FILE).toString();
      assertThat(parser.parseFromFile(file, 2))
          .as(() -> String.join("\n", TensorRt.LOG.lines()))
          .isTrue();
      assertThat(TensorRt.LOG.lines()).isEmpty();
      for (int size : new int[] {1, 2, 5}) {
        for (int i = 0; i < network.getNbInputs(); i++) {
          List<Long> known = PluginNetwork.extents(network.getInput(i));
          network
              .getInput(i)
              .setDimensions(
                  encoder ? dims(size, 7 * size) : dims(size, known.get(1), 4 * size, 6 * size));
        }
        List<Long> output = PluginNetwork.extents(network.getOutput(0));
        assertThat(output).as(() -> TensorRt.LOG.lines().toString()).isNotNull();
        assertThat(output.get(0)).isEqualTo(size);
        assertThat(output).allMatch(extent -> extent > 0);
        if (encoder) {
          assertThat(output.get(1)).isEqualTo(7 * size);
        }
      }
      assertThat(TensorRt.LOG.lines()).isEmpty();
    }
  }

  private static OnnxGraph record(FixtureCase fixture, String name, OnnxOptions options) {
    if (name.startsWith("t5")) {
      return TextEncoderGraph.recordT5(
          T5Config.fromJson(fixture.json()), fixture.parameters(), options);
    }
    if (name.startsWith("bert")) {
      return TextEncoderGraph.recordBert(
          BertConfig.fromJson(fixture.json()), fixture.parameters(), options);
    }
    return AutoencoderGraph.recordDecoder(
        name.contains("temporal")
            ? AutoencoderKlConfig.fromTemporalJson(fixture.json())
            : AutoencoderKlConfig.fromJson(fixture.json()),
        fixture.parameters(),
        options);
  }

  private static Dims64 dims(long... extents) {
    Dims64 dims = new Dims64().nbDims(extents.length);
    for (int i = 0; i < extents.length; i++) {
      dims.d(i, extents[i]);
    }
    return dims;
  }
}
