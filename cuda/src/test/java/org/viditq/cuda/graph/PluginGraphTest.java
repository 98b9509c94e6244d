package org.viditq.cuda.graph;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.model.InputSpec;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.quant.Rotation;
import org.viditq.onnx.ActiveSetRanges;
import org.viditq.onnx.DenoiserGraph;
import org.viditq.onnx.FloatFormat;
import org.viditq.onnx.GraphCheck;
import org.viditq.onnx.OnnxGraph;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.OnnxOptions.AttentionForm;
import org.viditq.verify.family.FamilyCase;
import org.viditq.verify.family.FamilyCase.Scheme;

/** What graphs in the plugin dialect consist of, for every family. */
class PluginGraphTest {
  private static final String LINEAR = "ViditqQuantizedLinear";
  private static final OnnxOptions OPTIONS =
      OnnxOptions.plugin(FloatFormat.FP16, AttentionForm.NODE);

  @TempDir Path folder;

  static Stream<Arguments> cases() {
    return FamilyCase.files(Path.of("..", "tests", "fixtures")).stream()
        .flatMap(file -> Arrays.stream(Scheme.values()).map(scheme -> Arguments.of(file, scheme)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyQuantizedLayerIsOneNodeWithAllItsWeights(Path file, Scheme scheme) throws Exception {
    try (FamilyCase family = FamilyCase.open(file, scheme)) {
      OnnxGraph graph = graph(family);
      byte[] bytes = graph.toBytes();
      assertThat(bytes).isEqualTo(graph(family).toBytes());
      ModelProto model = ModelProto.parseFrom(bytes);
      GraphProto proto = model.getGraph();
      List<NodeProto> linears = nodes(proto, LINEAR);
      assertThat(linears.stream().map(PluginGraphTest::layer))
          .containsExactlyInAnyOrderElementsOf(family.layers().keySet());
      assertThat(proto.getNodeList().stream().map(NodeProto::getOpType))
          .doesNotContain("MatMulInteger", "DynamicQuantizeLinear");
      requireWeights(family, scheme, proto);
      requireInputs(family, scheme, model);
      requireFusion(family, scheme, proto);
      graph.write(folder.resolve("graph"));
      GraphCheck.require(folder.resolve("graph").resolve(OnnxGraph.MODEL_FILE));
    }
  }

  private static OnnxGraph graph(FamilyCase family) {
    return DenoiserGraph.recordOpen(
        family.model(), family.parameters(), OPTIONS, OptionalDouble.empty());
  }

  private static void requireWeights(FamilyCase family, Scheme scheme, GraphProto proto) {
    Map<String, TensorProto> constants =
        proto.getInitializerList().stream()
            .collect(Collectors.toMap(TensorProto::getName, tensor -> tensor));
    Map<String, NodeProto> nodes =
        nodes(proto, LINEAR).stream()
            .collect(Collectors.toMap(PluginGraphTest::layer, node -> node));
    for (String layer : family.layers().keySet()) {
      assertThat(nodes.get(layer).getInputList().subList(4, 8))
          .containsExactly(
              layer + ".weight_codes",
              layer + ".weight_scale",
              layer + ".weight_zero_point",
              layer + ".weight_centered_sum");
      assertThat(constants.get(layer + ".weight_codes").getDims(0)).isEqualTo(scheme.weightSets());
      assertThat(integer(nodes.get(layer), "weight_bits"))
          .isEqualTo(scheme.weightBits() == 4 ? 4 : 8);
      assertThat(integer(nodes.get(layer), "output_type")).isEqualTo(1);
    }
    long codes = constants.keySet().stream().filter(name -> name.contains(".weight_codes")).count();
    assertThat(codes).isEqualTo(family.layers().size());
  }

  /** Everything that is chosen is an input; no extent of it is a number. */
  private static void requireInputs(FamilyCase family, Scheme scheme, ModelProto model) {
    GraphProto proto = model.getGraph();
    Map<String, List<String>> expected = new HashMap<>();
    for (InputSpec spec : family.model().inputs()) {
      expected.put(
          spec.name(),
          spec.axes().stream()
              .map(axis -> axis.isFixed() ? "" + axis.fixed() : axis.name())
              .toList());
    }
    if (scheme.ranges() > 1) {
      expected.put("active_set", List.of("1"));
      assertThat(model.getMetadataPropsList())
          .anyMatch(
              entry ->
                  entry.getKey().equals(ActiveSetRanges.METADATA)
                      && entry.getValue().equals("[0,501) [501,1001)"));
    }
    assertThat(
            proto.getInputList().stream()
                .collect(Collectors.toMap(ValueInfoProto::getName, PluginGraphTest::extents)))
        .isEqualTo(expected);
    assertThat(extents(proto.getOutput(0)).get(0)).isEqualTo("batch");
    for (NodeProto node : nodes(proto, LINEAR)) {
      assertThat(node.getInputList().contains("active_set")).isEqualTo(scheme.weightSets() > 1);
    }
  }

  /**
   * Layers on one input share a quantizer; norms and GELU are in quantizers that rotate nothing.
   */
  private static void requireFusion(FamilyCase family, Scheme scheme, GraphProto proto) {
    boolean branches = scheme == Scheme.W4A8_SHARED;
    Map<String, String> codes = new HashMap<>();
    nodes(proto, LINEAR).forEach(node -> codes.put(layer(node), node.getInput(0)));
    Map<String, NodeProto> makers = new HashMap<>();
    proto.getNodeList().forEach(node -> makers.put(node.getOutput(0), node));
    Set<String> sources = new HashSet<>();
    for (String layer : family.layers().keySet()) {
      NodeProto maker = makers.get(codes.get(layer));
      boolean balanced = integer(maker, "has_balance") == 1;
      if (layer.endsWith(".attn1.to_k") && !balanced) {
        String prefix = layer.substring(0, layer.length() - "k".length());
        assertThat(codes.get(prefix + "q")).isEqualTo(codes.get(layer));
        assertThat(codes.get(prefix + "v")).isEqualTo(codes.get(layer));
      }
      Optional<Rotation> rotation = family.layers().get(layer).sets().get(0).rotation();
      rotation.ifPresent(own -> requireRotation(maker, own));
      if (layer.matches(".*(ff\\.net\\.0\\.proj|mlp\\.fc1)")) {
        assertThat(maker.getOpType())
            .isEqualTo(
                rotation.isPresent() ? "ViditqHadamardQuantize" : "ViditqNormModulateQuantize");
      }
      if (layer.matches(".*(ff\\.net\\.2|mlp\\.fc2)")) {
        assertThat(maker.getOpType())
            .isEqualTo(
                rotation.isPresent()
                    ? "ViditqHadamardQuantize"
                    : branches ? "ViditqQuantize" : "ViditqGeluQuantize");
        sources.add(layer);
      }
    }
    assertThat(sources.isEmpty()).isEqualTo(family.layers().isEmpty());
    assertThat(nodes(proto, "ViditqAttention").isEmpty())
        .isEqualTo(scheme.attention() != AttentionPrecision.INT8);
    // Without layers in it, a graph needs no plugin library.
    if (family.layers().isEmpty()) {
      assertThat(proto.getNodeList().stream().map(NodeProto::getDomain)).containsOnly("");
    }
  }

  private static void requireRotation(NodeProto maker, Rotation rotation) {
    assertThat(maker.getOpType()).isEqualTo("ViditqHadamardQuantize");
    assertThat(integer(maker, "block")).isEqualTo(rotation.block());
    assertThat(integer(maker, "regular"))
        .isEqualTo(rotation.kind() == Rotation.Kind.REGULAR ? 1 : 0);
    assertThat(integer(maker, "has_matrix")).isEqualTo(rotation.base() > 1 ? 1 : 0);
    // Signs are those of the balance.
    assertThat(integer(maker, "has_balance")).isEqualTo(rotation.seed().isPresent() ? 1 : 0);
  }

  private static List<NodeProto> nodes(GraphProto graph, String operator) {
    return graph.getNodeList().stream().filter(node -> node.getOpType().equals(operator)).toList();
  }

  private static String layer(NodeProto node) {
    return node.getName().substring(0, node.getName().indexOf('/'));
  }

  private static int integer(NodeProto node, String name) {
    return node.getAttributeList().stream()
        .filter(attribute -> attribute.getName().equals(name))
        .mapToInt(attribute -> (int) attribute.getI())
        .findFirst()
        .orElseThrow();
  }

  private static List<String> extents(ValueInfoProto value) {
    return value.getType().getTensorType().getShape().getDimList().stream()
        .map(PluginGraphTest::extent)
        .toList();
  }

  private static String extent(TensorShapeProto.Dimension dimension) {
    return dimension.hasDimParam() ? dimension.getDimParam() : "" + dimension.getDimValue();
  }
}
