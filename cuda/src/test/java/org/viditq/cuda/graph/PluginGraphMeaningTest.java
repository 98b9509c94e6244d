package org.viditq.cuda.graph;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.InputNames;
import org.viditq.core.operators.Operators;
import org.viditq.core.pipeline.ModelDenoiser;
import org.viditq.core.tensor.Tensor;
import org.viditq.cuda.graph.FamilyCase.Scheme;
import org.viditq.onnx.FloatFormat;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.OnnxOptions.AttentionForm;
import org.viditq.reference.ReferenceBackend;
import org.viditq.verify.runner.DenoiserInputs;

/**
 * A plugin graph means what the reference computes: with its plugins replaced by ONNX's own
 * operators, ONNX Runtime gives the same prediction, with the weight set that is chosen when the
 * graph is run.
 */
class PluginGraphMeaningTest {
  /**
   * What one code that is rounded otherwise, behind a sum in another order, makes of these small
   * models; where none is, the error is 1e-6.
   */
  private static final double BOUND = 0.03;

  static Stream<Arguments> cases() {
    return FamilyCase.files().stream()
        .filter(file -> !file.getFileName().toString().startsWith("model.latte__single_frame"))
        .flatMap(
            file ->
                Stream.of(Scheme.W8A8, Scheme.W4A8_TWO_RANGES)
                    .map(scheme -> Arguments.of(file, scheme)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void predictionsAreThoseOfTheReference(Path file, Scheme scheme) throws Exception {
    try (FamilyCase family = FamilyCase.open(file, scheme)) {
      ModelProto model =
          ModelProto.parseFrom(
              family.graph(OnnxOptions.plugin(FloatFormat.FP32, AttentionForm.STANDARD)).toBytes());
      byte[] expanded = PluginExpansion.of(model).toByteArray();
      try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
        options.setIntraOpNumThreads(1);
        try (OrtSession session =
            OrtEnvironment.getEnvironment().createSession(expanded, options)) {
          for (int set = 0; set < scheme.ranges(); set++) {
            DenoiserInput input = inputs(family, set == 0 ? 200 : 800);
            Tensor expected = reference(family, input);
            assertThat(error(run(session, input, set), expected))
                .as("weight set %d", set)
                .isLessThan(BOUND);
            if (scheme.ranges() > 1) {
              assertThat(error(run(session, input, 1 - set), expected))
                  .as("the other one")
                  .isGreaterThan(2 * BOUND);
            }
          }
        }
      }
    }
  }

  /** Those of the case at one timestep, with a mask of ones where it has none. */
  private static DenoiserInput inputs(FamilyCase family, float timestep) {
    DenoiserInput given = DenoiserInputs.of(family.fixture(), UnaryOperator.identity());
    Map<String, Tensor> tensors = new LinkedHashMap<>(given.tensors());
    tensors.put(InputNames.TIMESTEPS, Tensor.full(timestep, given.latents().dim(0)));
    boolean masked =
        family.model().inputs().stream().anyMatch(spec -> spec.name().equals(InputNames.MASK));
    if (masked) {
      Tensor text = tensors.get(InputNames.TEXT);
      tensors.putIfAbsent(InputNames.MASK, Tensor.full(1, text.dim(0), text.dim(1)));
    }
    return new DenoiserInput(tensors);
  }

  private static Tensor reference(FamilyCase family, DenoiserInput input) {
    try (Operators<?> operators = new ReferenceBackend().open(1)) {
      return predict(family, operators, input);
    }
  }

  private static <V> Tensor predict(
      FamilyCase family, Operators<V> operators, DenoiserInput input) {
    try (ModelDenoiser<V> denoiser =
        new ModelDenoiser<>(family.model(), family.parameters(), operators, () -> {})) {
      return denoiser.predict(input);
    }
  }

  private static float[] run(OrtSession session, DenoiserInput input, int set) throws Exception {
    Map<String, OnnxTensor> fed = new HashMap<>();
    for (String name : session.getInputNames()) {
      fed.put(
          name,
          name.equals("active_set")
              ? OnnxTensor.createTensor(
                  OrtEnvironment.getEnvironment(), IntBuffer.wrap(new int[] {set}), new long[] {1})
              : tensor(input.find(name).orElseThrow()));
    }
    try (OrtSession.Result result = session.run(fed)) {
      FloatBuffer values = ((OnnxTensor) result.get(0)).getFloatBuffer();
      float[] copy = new float[values.remaining()];
      values.get(copy);
      return copy;
    } finally {
      fed.values().forEach(OnnxTensor::close);
    }
  }

  private static OnnxTensor tensor(Tensor tensor) throws Exception {
    long[] dims = Arrays.stream(tensor.shape().toArray()).asLongStream().toArray();
    return OnnxTensor.createTensor(
        OrtEnvironment.getEnvironment(), FloatBuffer.wrap(tensor.data()), dims);
  }

  /** Euclidean length of the difference, relative to that of the expected values. */
  private static double error(float[] got, Tensor expected) {
    assertThat(got).hasSize(expected.size());
    double difference = 0;
    double length = 0;
    for (int i = 0; i < got.length; i++) {
      difference += Math.pow(got[i] - expected.data()[i], 2);
      length += Math.pow(expected.data()[i], 2);
    }
    return Math.sqrt(difference / length);
  }
}
