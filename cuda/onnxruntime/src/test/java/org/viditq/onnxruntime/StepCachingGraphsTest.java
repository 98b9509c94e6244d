package org.viditq.onnxruntime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.InputNames;
import org.viditq.core.pipeline.CachedSampling;
import org.viditq.core.pipeline.ModelDenoiser;
import org.viditq.core.pipeline.StepNetworks;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.ActiveSetRanges;
import org.viditq.onnx.DenoiserGraph;
import org.viditq.onnx.FloatFormat;
import org.viditq.onnx.OnnxGraph;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.OnnxOptions.AttentionForm;
import org.viditq.onnx.OnnxValue;
import org.viditq.onnx.StepCachingGraphs;
import org.viditq.reference.ReferenceOperators;
import org.viditq.verify.family.FamilyCase;
import org.viditq.verify.family.FamilyCase.Scheme;

/** The three graphs of step caching, of all families, in ONNX Runtime with our operators. */
class StepCachingGraphsTest {
  private static final Path FIXTURES = Path.of("..", "..", "tests", "fixtures");
  private static final OnnxOptions OPTIONS =
      OnnxOptions.plugin(FloatFormat.FP32, AttentionForm.STANDARD);

  /** In both ranges of a model that has two. */
  private static final double[] TIMESTEPS = {200, 800};

  @TempDir private Path folder;

  static Stream<Arguments> families() {
    return FamilyCase.files(FIXTURES).stream()
        .filter(file -> !file.getFileName().toString().startsWith("model.latte__single_frame"))
        .flatMap(
            file ->
                Stream.of(Scheme.DENSE, Scheme.W8A8, Scheme.W4A8_TWO_RANGES)
                    .map(scheme -> Arguments.of(file, scheme)));
  }

  private static NodeSession session(OnnxGraph graph) throws Exception {
    return new NodeSession(OperatorLibrary.NATIVE, graph.toBytes(), Map.of());
  }

  /** What a graph takes of an evaluation's inputs, and others. */
  private static Map<String, Operand> inputs(
      OnnxGraph graph, DenoiserInput input, int set, Map<String, Operand> others) {
    Map<String, Operand> all = new HashMap<>(others);
    input.tensors().forEach((name, tensor) -> all.put(name, Operand.floats(tensor)));
    all.put(ActiveSetRanges.INPUT, Operand.activeSet(set));
    all.keySet().retainAll(graph.inputs().stream().map(OnnxValue::name).toList());
    return all;
  }

  private static double distance(float[] got, float[] expected) {
    assertThat(got).hasSameSizeAs(expected);
    double difference = 0;
    double size = 0;
    for (int i = 0; i < got.length; i++) {
      difference += Math.pow((double) got[i] - expected[i], 2);
      size += Math.pow(expected[i], 2);
    }
    return Math.sqrt(difference / size);
  }

  private static double magnitude(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += Math.abs((double) a[i] - b[i]);
    }
    return sum;
  }

  @ParameterizedTest
  @MethodSource("families")
  void theyAreTheNetworkInThreeParts(Path file, Scheme scheme) throws Exception {
    try (FamilyCase family = FamilyCase.open(file, scheme);
        ReferenceOperators reference = new ReferenceOperators(1, 0)) {
      StepCachingGraphs graphs =
          StepCachingGraphs.record(family.model(), family.parameters(), OPTIONS);
      OnnxGraph whole =
          DenoiserGraph.recordOpen(
              family.model(), family.parameters(), OPTIONS, OptionalDouble.empty());
      try (NodeSession probe = session(graphs.probe());
          NodeSession full = session(graphs.full());
          NodeSession tail = session(graphs.tail());
          NodeSession plain = session(whole)) {
        Operand earlier = null;
        for (int set = 0; set < Math.max(1, scheme.ranges()); set++) {
          DenoiserInput input = family.input(TIMESTEPS[set]);
          Observed expected = observed(family, input, reference);
          Map<String, Operand> made = full.run(inputs(graphs.full(), input, set, Map.of()));
          Operand prediction = made.get(InputNames.PREDICTION);
          assertThat(prediction.floats())
              .as("full against the graph without step caching")
              .containsExactly(
                  plain
                      .run(inputs(whole, input, set, Map.of()))
                      .get(InputNames.PREDICTION)
                      .floats());
          Operand residual = made.get(StepCachingGraphs.RESIDUAL);
          assertThat(distance(residual.floats(), expected.residual.data()))
              .isLessThan(scheme == Scheme.DENSE ? 1e-5 : 0.02);
          Operand skipped =
              tail.run(
                      inputs(
                          graphs.tail(), input, set, Map.of(StepCachingGraphs.RESIDUAL, residual)))
                  .get(InputNames.PREDICTION);
          assertThat(distance(skipped.floats(), prediction.floats()))
              .as("the tail of what the full graph kept")
              .isLessThan(1e-5);

          Operand before =
              earlier == null
                  ? Operand.floats(Tensor.zeros(expected.seen.shape().toArray()))
                  : earlier;
          Map<String, Operand> probed =
              probe.run(
                  inputs(
                      graphs.probe(), input, set, Map.of(StepCachingGraphs.EARLIER_INPUT, before)));
          float[] seen = probed.get(StepCachingGraphs.INPUT).floats();
          assertThat(distance(seen, expected.seen.data())).isLessThan(1e-5);
          float[] change = probed.get(StepCachingGraphs.CHANGE).floats();
          assertThat(change).hasSize(2);
          double difference = magnitude(seen, before.floats());
          double size = magnitude(before.floats(), new float[seen.length]);
          assertThat(Math.abs(change[0] - difference)).isLessThanOrEqualTo(1e-5 * difference);
          assertThat(Math.abs(change[1] - size)).isLessThanOrEqualTo(1e-5 * size);
          earlier = probed.get(StepCachingGraphs.INPUT);
        }
      }
    }
  }

  private static final class Observed {
    private Tensor seen;
    private Tensor residual;
  }

  private static Observed observed(
      FamilyCase family, DenoiserInput input, ReferenceOperators reference) {
    Observed observed = new Observed();
    try (ModelDenoiser<Tensor> denoiser =
            new ModelDenoiser<>(family.model(), family.parameters(), reference, () -> {});
        CachedSampling sampling =
            denoiser.observe(
                (picture, seen, residual) -> {
                  observed.seen = seen;
                  observed.residual = residual;
                },
                1)) {
      sampling.predict(input);
    }
    return observed;
  }

  /**
   * Of tokens in 16 bits the residual is exact but for its last rounding, and the sum is rounded to
   * the same tokens.
   */
  @Test
  void inSixteenBitsTheTailHasTheBitsOfTheFullGraph() throws Exception {
    try (FamilyCase family =
        FamilyCase.open(FIXTURES.resolve("model.pixart_alpha__plain.safetensors"), Scheme.W8A8)) {
      StepCachingGraphs graphs =
          StepCachingGraphs.record(
              family.model(), family.parameters(), OPTIONS.in(FloatFormat.FP16));
      DenoiserInput input = family.input(TIMESTEPS[0]);
      try (NodeSession full = session(graphs.full());
          NodeSession tail = session(graphs.tail())) {
        Map<String, Operand> made = full.run(inputs(graphs.full(), input, 0, Map.of()));
        Operand residual = made.get(StepCachingGraphs.RESIDUAL);
        assertThat(residual.kind()).isEqualTo(ElementKind.FLOAT32);
        assertThat(
                tail.run(
                        inputs(
                            graphs.tail(), input, 0, Map.of(StepCachingGraphs.RESIDUAL, residual)))
                    .get(InputNames.PREDICTION)
                    .floats())
            .containsExactly(made.get(InputNames.PREDICTION).floats());
      }
    }
  }

  /** Graphs without the blocks need neither their weights nor, here, the text. */
  @Test
  void probeAndTailAreSmall() {
    try (FamilyCase family =
        FamilyCase.open(FIXTURES.resolve("model.pixart_alpha__plain.safetensors"), Scheme.W8A8)) {
      StepCachingGraphs graphs =
          StepCachingGraphs.record(family.model(), family.parameters(), OPTIONS);
      for (OnnxGraph graph : List.of(graphs.probe(), graphs.tail())) {
        assertThat(graph.operators()).doesNotContainKeys("ViditqQuantizedLinear", "Softmax");
        assertThat(graph.axes()).doesNotContainKeys(InputNames.TEXT, InputNames.MASK);
      }
      assertThat(graphs.tail().axes().get(StepCachingGraphs.RESIDUAL))
          .startsWith("batch")
          .hasSize(3);
      assertThat(graphs.full().operators()).containsKey("ViditqQuantizedLinear");
    }
  }

  @Test
  void theTailIsRefusedBeforeAFullEvaluation() {
    try (FamilyCase family =
            FamilyCase.open(
                FIXTURES.resolve("model.pixart_alpha__plain.safetensors"), Scheme.W8A8);
        CachingSessions sessions =
            new CachingSessions(
                family.model(),
                StepCachingGraphs.record(family.model(), family.parameters(), OPTIONS),
                folder,
                1);
        StepNetworks sampling = sessions.sampling(2)) {
      sampling.probe(0, family.smallInput(200));
      sampling.full();
      sampling.probe(1, family.smallInput(200));
      assertThatThrownBy(sampling::tail)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("Picture 1 keeps no residual yet");
      sampling.full();
      assertThat(sampling.probe(0, family.smallInput(200))).isZero();
      sampling.tail();
    }
  }
}
