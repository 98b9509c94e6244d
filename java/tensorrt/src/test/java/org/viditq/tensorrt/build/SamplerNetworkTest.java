package org.viditq.tensorrt.build;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.tensorrt.global.nvinfer.LayerType;
import org.bytedeco.tensorrt.nvinfer.Dims64;
import org.bytedeco.tensorrt.nvinfer.ILayer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.tensor.Shape;
import org.viditq.onnx.GraphCheck;
import org.viditq.onnx.GraphFile;
import org.viditq.onnx.OnnxGraph;
import org.viditq.tensorrt.driver.TensorRtLog;
import org.viditq.tensorrt.engine.Profile;

/** The real TensorRT reads a sampling, our plugins within its loop. */
class SamplerNetworkTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"8, dpmsolver++", "4, euler-ancestral"})
  void isReadWithAllShapesAndWithoutAWarning(int weightBits, String scheduler) {
    GraphFile graph;
    try (Graphs graphs = new Graphs()) {
      OnnxGraph recorded = graphs.sampler(weightBits, scheduler, 5);
      recorded.write(folder.resolve("sampler"));
      graph = GraphFile.open(folder.resolve("sampler").resolve(OnnxGraph.MODEL_FILE));
      assertThat(graph.fingerprint()).isEqualTo(recorded.fingerprint());
    }
    GraphCheck.require(graph.file());
    TensorRtLog log = CpuOnlyTensorRt.library().log();
    try (TensorRtNetwork network = new TensorRtNetwork(CpuOnlyTensorRt.builder(), log, graph)) {
      Profile profile =
          new ProfileExtents(
                  Map.of("batch", 1, "tokens", 1),
                  Graphs.EXTENTS,
                  Map.of("batch", 4, "height", 16, "width", 32, "tokens", 20))
              .of(graph);
      network.add(profile);
      for (int end = 0; end < 3; end++) {
        Map<String, Shape> shapes = shapes(profile, end);
        assertThat(network.activations(shapes)).isPositive();
        Dims64 open = network.network().getOutput(0).getDimensions();
        assertThat(open.nbDims()).isEqualTo(4);
      }
      assertThat(layers(network, LayerType.kPLUGIN_V3)).isPositive();
      assertThat(layers(network, LayerType.kTRIP_LIMIT)).isOne();
      assertThat(log.warnings()).isEmpty();
    }
  }

  private static Map<String, Shape> shapes(Profile profile, int end) {
    Map<String, Shape> shapes = new TreeMap<>();
    profile
        .inputs()
        .forEach(
            (name, range) ->
                shapes.put(name, end == 0 ? range.min() : end == 1 ? range.opt() : range.max()));
    return shapes;
  }

  private static int layers(TensorRtNetwork network, LayerType type) {
    int count = 0;
    for (int i = 0; i < network.network().getNbLayers(); i++) {
      ILayer layer = network.network().getLayer(i);
      count += layer.getType().intern() == type ? 1 : 0;
    }
    return count;
  }
}
