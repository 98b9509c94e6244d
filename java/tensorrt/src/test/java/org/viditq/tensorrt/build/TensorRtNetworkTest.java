package org.viditq.tensorrt.build;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.bytedeco.tensorrt.global.nvinfer.BuilderFlag;
import org.bytedeco.tensorrt.global.nvinfer.HardwareCompatibilityLevel;
import org.bytedeco.tensorrt.global.nvinfer.MemoryPoolType;
import org.bytedeco.tensorrt.global.nvinfer.NetworkDefinitionCreationFlag;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.tensor.Shape;
import org.viditq.onnx.GraphCheck;
import org.viditq.onnx.GraphFile;
import org.viditq.onnx.OnnxGraph;
import org.viditq.onnx.StepCachingGraphs;
import org.viditq.tensorrt.engine.EngineTarget.Hardware;
import org.viditq.tensorrt.engine.Profile;

/** What precedes a build, in the real TensorRT. */
class TensorRtNetworkTest {
  @TempDir static Path folder;

  private static Graphs graphs;
  private static GraphFile graph;

  @BeforeAll
  static void export() {
    graphs = new Graphs();
    graph = graphs.file(8, folder.resolve("w8a8"));
  }

  @AfterAll
  static void close() {
    graphs.close();
  }

  private static TensorRtNetwork parse() {
    return new TensorRtNetwork(CpuOnlyTensorRt.builder(), CpuOnlyTensorRt.library().log(), graph);
  }

  private static Profile profile(Map<String, Integer> min, Map<String, Integer> max) {
    return new ProfileExtents(min, Graphs.EXTENTS, max).of(graph);
  }

  private static Map<String, Shape> largest(Profile profile) {
    Map<String, Shape> shapes = new TreeMap<>();
    profile.inputs().forEach((name, range) -> shapes.put(name, range.max()));
    return shapes;
  }

  @Test
  void isStronglyTypedAndHasTheGraphsInputs() {
    try (TensorRtNetwork network = parse()) {
      assertThat(network.network().getFlag(NetworkDefinitionCreationFlag.kSTRONGLY_TYPED)).isTrue();
      assertThat(network.network().getNbInputs()).isEqualTo(graph.inputs().size());
      assertThat(CpuOnlyTensorRt.library().log().warnings()).isEmpty();
    }
  }

  @Test
  void takesNarrowAndWideProfiles() {
    try (TensorRtNetwork network = parse()) {
      network.add(profile(Map.of(), Map.of()));
      network.add(
          profile(
              Map.of("batch", 1, "tokens", 1),
              Map.of("batch", 4, "height", 16, "width", 32, "tokens", 20)));
      assertThat(network.config().getNbOptimizationProfiles()).isEqualTo(2);
      assertThat(CpuOnlyTensorRt.library().log().errors()).isEqualTo("it does not say why");
    }
  }

  /** With what they keep between them, whose tokens follow from the extents. */
  @Test
  void takesTheGraphsOfStepCaching() {
    StepCachingGraphs three = graphs.stepCaching(8);
    int patches = 4 * 4;
    for (OnnxGraph one : List.of(three.probe(), three.full(), three.tail())) {
      Path place = folder.resolve(one.outputs().toString().replaceAll("[^a-z]+", "_"));
      one.write(place);
      Path file = place.resolve(OnnxGraph.MODEL_FILE);
      GraphCheck.require(file);
      GraphFile read = GraphFile.open(file);
      Map<String, Shape> shapes = new TreeMap<>();
      Map<String, Profile.Range> ranges = new TreeMap<>();
      for (GraphFile.Value input : read.inputs()) {
        int[] dims =
            input.extents().stream()
                .mapToInt(
                    extent ->
                        GraphFile.Value.isNumber(extent)
                            ? Integer.parseInt(extent)
                            : Graphs.EXTENTS.getOrDefault(extent, patches))
                .toArray();
        shapes.put(input.name(), Shape.of(dims));
        ranges.put(input.name(), Profile.Range.of(Shape.of(dims)));
      }
      try (TensorRtNetwork network =
          new TensorRtNetwork(CpuOnlyTensorRt.builder(), CpuOnlyTensorRt.library().log(), read)) {
        assertThat(CpuOnlyTensorRt.library().log().warnings()).isEmpty();
        network.add(new Profile(ranges));
        assertThat(network.activations(shapes)).isPositive();
        assertThat(CpuOnlyTensorRt.library().log().errors()).isEqualTo("it does not say why");
      }
    }
  }

  @Test
  void flagsAreThoseThatWereAskedFor() {
    BuildOptions all =
        new BuildOptions(true, true, Hardware.AMPERE_AND_LATER, OptionalLong.of(1 << 28), 5);
    try (TensorRtNetwork network = parse()) {
      network.configure(all);
      for (BuilderFlag flag :
          List.of(
              BuilderFlag.kSTRIP_PLAN,
              BuilderFlag.kREFIT_INDIVIDUAL,
              BuilderFlag.kVERSION_COMPATIBLE)) {
        assertThat(network.config().getFlag(flag)).as(flag.toString()).isTrue();
      }
      assertThat(network.config().getHardwareCompatibilityLevel().intern())
          .isEqualTo(HardwareCompatibilityLevel.kAMPERE_PLUS);
      assertThat(network.config().getMemoryPoolLimit(MemoryPoolType.kWORKSPACE)).isEqualTo(1 << 28);
      assertThat(network.config().getBuilderOptimizationLevel()).isEqualTo(5);
    }
    try (TensorRtNetwork network = parse()) {
      network.configure(BuildOptions.DEFAULT);
      assertThat(network.config().getFlag(BuilderFlag.kSTRIP_PLAN)).isFalse();
      assertThat(network.config().getFlag(BuilderFlag.kREFIT_INDIVIDUAL)).isFalse();
      assertThat(network.config().getHardwareCompatibilityLevel().intern())
          .isEqualTo(HardwareCompatibilityLevel.kNONE);
    }
  }

  /** The names of a checkpoint's weights are those that an engine is refitted by. */
  @Test
  void allWeightsCanBeRefittedByTheirNames() {
    try (TensorRtNetwork network = parse()) {
      network.configure(BuildOptions.DEFAULT.withStripped(true));
      int marked = 0;
      for (GraphFile.Constant constant : graph.constants()) {
        assertThat(network.network().areWeightsMarkedRefittable(constant.name()))
            .as(constant.name())
            .isEqualTo(constant.refittable());
        marked += constant.refittable() ? 1 : 0;
      }
      assertThat(marked).isGreaterThan(50).isLessThan(graph.constants().size());
      assertThat(graph.constants())
          .filteredOn(constant -> constant.name().endsWith(".weight_codes"))
          .isNotEmpty()
          .allMatch(GraphFile.Constant::refittable);
    }
  }

  @Test
  void activationsGrowWithTheExtents() {
    Profile narrow = profile(Map.of(), Map.of());
    Profile wide = profile(Map.of(), Map.of("batch", 8));
    try (TensorRtNetwork network = parse()) {
      long few = network.activations(largest(narrow));
      long many = network.activations(largest(wide));
      // At least what is bound, and not all that is ever computed.
      assertThat(few).isGreaterThan(2 * 4 * 8 * 8 * 4).isLessThan(100 << 20);
      assertThat((double) many / few).isBetween(2.0, 4.5);
      // Inputs are open again.
      network.add(wide);
      assertThat(network.activations(largest(narrow))).isEqualTo(few);
    }
  }

  @Test
  void theEstimateCountsAllConstants() {
    try (TensorRtNetwork network = parse()) {
      MemoryEstimate estimate =
          TensorRtBuilder.prepare(
              network, graph, List.of(profile(Map.of(), Map.of())), BuildOptions.DEFAULT);
      long weights = graph.constants().stream().mapToLong(GraphFile.Constant::bytes).sum();
      assertThat(estimate.weights()).isEqualTo(weights).isPositive();
      assertThat(estimate.activations()).isPositive();
    }
  }

  @Test
  void timingsAreMadeKeptAndTaken() {
    byte[] kept;
    try (TensorRtNetwork network = parse()) {
      assertThat(network.useTiming(new byte[0])).isTrue();
      kept = network.timing();
      assertThat(kept).isNotEmpty();
    }
    try (TensorRtNetwork network = parse()) {
      network.useTiming(kept);
      assertThat(network.timing()).hasSameSizeAs(kept);
    }
  }

  @Test
  void aGraphThatTensorRtDoesNotTakeIsRefusedWithItsReason() throws Exception {
    Path other = folder.resolve("other.onnx");
    byte[] bytes = Files.readAllBytes(graph.file());
    String text = new String(bytes, ISO_8859_1);
    Files.write(other, text.replace("ViditqQuantize", "ViditqQuandize").getBytes(ISO_8859_1));
    Files.copy(graph.file().resolveSibling("model.onnx.data"), folder.resolve("model.onnx.data"));
    assertThatThrownBy(
            () ->
                new TensorRtNetwork(
                    CpuOnlyTensorRt.builder(),
                    CpuOnlyTensorRt.library().log(),
                    GraphFile.open(other)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("TensorRT does not take the graph " + other + ": ")
        .hasMessageContaining("Viditq")
        .hasMessageMatching("[^\n]*\\.");
  }

  @Test
  void extentsThatTheModelCannotHaveAreRefused() {
    try (TensorRtNetwork network = parse()) {
      Map<String, Shape> shapes = largest(profile(Map.of(), Map.of()));
      shapes.put("timesteps", Shape.of(3));
      assertThatThrownBy(() -> network.activations(shapes))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("does not know how large");
    }
  }
}
