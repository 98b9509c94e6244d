package org.viditq.onnxruntime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.OrtException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.viditq.core.operators.Activation;
import org.viditq.core.quant.HadamardMatrix;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.Rotation;
import org.viditq.core.quant.Rotation.Kind;
import org.viditq.core.tensor.Tensor;
import org.viditq.reference.ReferenceOperators;

/** The quantizers' nodes against the reference, and the two libraries against each other. */
class QuantizerNodesTest {
  private static final float EPSILON = 1e-5f;
  private static final List<String> OUTPUTS = TokenAssertions.OUTPUTS;

  private final ReferenceOperators reference = new ReferenceOperators(1, 0);
  private final Random random = new Random(41);

  @AfterEach
  void close() {
    reference.close();
  }

  private static List<IntegerFormat> formats() {
    return List.of(
        IntegerFormat.asymmetric(8),
        IntegerFormat.symmetric(8),
        IntegerFormat.asymmetric(6),
        IntegerFormat.symmetric(4),
        IntegerFormat.asymmetric(2));
  }

  @ParameterizedTest
  @EnumSource
  void codesEqualTheReferenceToTheBit(OperatorLibrary library) throws OrtException {
    for (IntegerFormat format : formats()) {
      for (ElementKind kind :
          List.of(ElementKind.FLOAT32, ElementKind.FLOAT16, ElementKind.BFLOAT16)) {
        try (NodeSession session = quantizer(library, "ViditqQuantize", Map.of(), format, kind)) {
          // The extents of one session, as they come.
          for (int[] dims :
              List.of(
                  new int[] {1, 1},
                  new int[] {5, 33},
                  new int[] {2, 3, 257},
                  new int[] {2, 1, 2, 64})) {
            Operand x = Operand.activations(kind, normal(dims));
            assertSame(session.run(Map.of("x", x)), format, x.tensor());
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void nastyRowsHaveTheReferencesCodes(OperatorLibrary library) throws OrtException {
    Tensor nasty =
        Tensor.of(
            new float[] {
              0, -0f, 0, 0, 3, 3, 3, 3, -2, -2, -2, -2, 1e4f, 1e-3f, -1e-3f, 0, 1e-45f, -1e-45f, 0,
              1e-38f, 1e-6f, -1e-7f, 1e-8f, 3e-5f, 127.5f, -127.5f, 0.5f, 1.5f, 255, 254.5f, 0.5f,
              2.5f, 1.7e38f, -1.7e38f, 1, -1
            },
            9,
            4);
    for (IntegerFormat format : formats()) {
      try (NodeSession session =
          quantizer(library, "ViditqQuantize", Map.of(), format, ElementKind.FLOAT32)) {
        assertSame(session.run(Map.of("x", Operand.floats(nasty))), format, nasty);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void theActiveSetChoosesTheBalance(OperatorLibrary library) throws OrtException {
    IntegerFormat format = IntegerFormat.asymmetric(8);
    Tensor balance = Tensor.zeros(3, 40);
    for (int i = 0; i < balance.size(); i++) {
      balance.data()[i] = 0.5f + random.nextFloat();
    }
    NodeModel model = new NodeModel().input("x", ElementKind.FLOAT32, "batch", "tokens", 40);
    model.input("set", ElementKind.INT32, 1).constant("balance", Operand.floats(balance));
    Map<String, Integer> flags = Map.of("has_balance", 1, "has_active_set", 1);
    add(model, "ViditqQuantize", flags, format, List.of("x", "balance", "set"));
    Tensor x = normal(2, 5, 40);
    try (NodeSession session = new NodeSession(library, model)) {
      // Beyond the sets, the nearest one.
      for (int set : new int[] {0, 1, 2, -7, 9}) {
        Tensor balanced = Tensor.zeros(2, 5, 40);
        for (int i = 0; i < x.size(); i++) {
          int row = Math.min(Math.max(set, 0), 2);
          balanced.data()[i] = x.data()[i] / balance.data()[row * 40 + i % 40];
        }
        assertSame(
            session.run(Map.of("x", Operand.floats(x), "set", Operand.activeSet(set))),
            format,
            balanced);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void activatedCodesAreTheReferencesWithinRounding(OperatorLibrary library) throws OrtException {
    for (ElementKind kind : List.of(ElementKind.FLOAT32, ElementKind.FLOAT16)) {
      for (IntegerFormat format : formats()) {
        try (NodeSession session =
            quantizer(library, "ViditqGeluQuantize", Map.of(), format, kind)) {
          Operand x = Operand.activations(kind, normal(7, 130));
          assertNear(
              session.run(Map.of("x", x)),
              format,
              reference.activate(x.tensor(), Activation.GELU_TANH));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void modulatedCodesAreTheReferencesWithinRounding(OperatorLibrary library) throws OrtException {
    for (ElementKind kind : List.of(ElementKind.FLOAT32, ElementKind.BFLOAT16)) {
      for (IntegerFormat format : formats()) {
        NodeModel model = new NodeModel().input("x", kind, "batch", "tokens", 72);
        model.input("shift", ElementKind.FLOAT32, "batch", 1, 72);
        model.input("scale_in", ElementKind.FLOAT32, "batch", 1, 72);
        add(
            model,
            "ViditqNormModulateQuantize",
            Map.of("epsilon", EPSILON),
            format,
            List.of("x", "shift", "scale_in"));
        try (NodeSession session = new NodeSession(library, model)) {
          for (int batch : new int[] {1, 3}) {
            Operand x = Operand.activations(kind, normal(batch, 5, 72));
            Tensor shift = normal(batch, 1, 72);
            Tensor scale = normal(batch, 1, 72);
            assertNear(
                session.run(
                    Map.of(
                        "x", x,
                        "shift", Operand.floats(shift),
                        "scale_in", Operand.floats(scale))),
                format,
                reference.layerNormModulate(x.tensor(), shift, scale, EPSILON));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void rotatedCodesAreThoseOfTheRotatedValues(OperatorLibrary library) throws OrtException {
    for (Rotation rotation :
        List.of(
            new Rotation(Kind.HADAMARD, 4, OptionalLong.empty()),
            new Rotation(Kind.HADAMARD, 128, OptionalLong.empty()),
            new Rotation(Kind.HADAMARD, 384, OptionalLong.of(5)),
            new Rotation(Kind.REGULAR, 64, OptionalLong.empty()),
            new Rotation(Kind.REGULAR, 16, OptionalLong.of(0)))) {
      for (IntegerFormat format : formats()) {
        try (NodeSession session = rotating(library, rotation, format)) {
          Tensor x = normal(3, 384);
          Tensor rotated = Tensor.of(rotation.rotate(x.data(), 384), 3, 384);
          assertSame(session.run(Map.of("x", Operand.floats(x))), format, rotated);
        }
      }
    }
  }

  private static NodeSession rotating(
      OperatorLibrary library, Rotation rotation, IntegerFormat format) throws OrtException {
    NodeModel model = new NodeModel().inputOfAnyRank("x", ElementKind.FLOAT32);
    List<String> inputs = new ArrayList<>(List.of("x"));
    Map<String, Object> own = new HashMap<>();
    own.put("block", rotation.block());
    own.put("regular", rotation.kind() == Kind.REGULAR ? 1 : 0);
    int base = rotation.base();
    if (base > 1) {
      byte[] entries = new byte[base * base];
      for (int i = 0; i < entries.length; i++) {
        entries[i] = (byte) HadamardMatrix.of(base)[i / base][i % base];
      }
      model.constant("matrix", Operand.codes(entries, base, base));
      inputs.add("matrix");
      own.put("has_matrix", 1);
    }
    if (rotation.seed().isPresent()) {
      model.constant("signs", Operand.floats(rotation.signs(384), 1, 384));
      inputs.add("signs");
      own.put("has_balance", 1);
    }
    add(model, "ViditqHadamardQuantize", own, format, inputs);
    return new NodeSession(library, model);
  }

  /** Those that only divide, add and round have the same bits. */
  @Test
  void bothLibrariesGiveTheSameBits() throws OrtException {
    for (ElementKind kind : List.of(ElementKind.FLOAT32, ElementKind.FLOAT16)) {
      for (String node : List.of("ViditqQuantize", "ViditqHadamardQuantize")) {
        Map<String, Integer> own = node.equals("ViditqQuantize") ? Map.of() : Map.of("block", 8);
        Operand x = Operand.activations(kind, normal(4, 9, 104));
        List<Map<String, Operand>> results = new ArrayList<>();
        for (OperatorLibrary library : OperatorLibrary.values()) {
          try (NodeSession session =
              quantizer(library, node, own, IntegerFormat.asymmetric(8), kind)) {
            results.add(session.run(Map.of("x", x)));
          }
        }
        for (String output : OUTPUTS) {
          assertThat(bits(results.get(1), output, 104))
              .isEqualTo(bits(results.get(0), output, 104));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void tensorsWithoutRowsGiveNone(OperatorLibrary library) throws OrtException {
    try (NodeSession session =
        quantizer(
            library,
            "ViditqQuantize",
            Map.of(),
            IntegerFormat.asymmetric(8),
            ElementKind.FLOAT32)) {
      Map<String, Operand> outputs = session.run(Map.of("x", Operand.floats(Tensor.zeros(2, 8))));
      assertThat(outputs.get("codes").extents()).containsExactly(2, 16);
      Operand empty = Operand.floats(new float[0], 2, 0, 8);
      outputs = session.run(Map.of("x", empty));
      assertThat(outputs.get("codes").extents()).containsExactly(2, 0, 16);
      assertThat(outputs.get("row_sum").extents()).containsExactly(2, 0);
    }
  }

  @ParameterizedTest
  @EnumSource
  void valuesThatNoGridHoldsAreRefused(OperatorLibrary library) throws OrtException {
    try (NodeSession session =
        quantizer(
            library,
            "ViditqQuantize",
            Map.of(),
            IntegerFormat.asymmetric(8),
            ElementKind.FLOAT32)) {
      for (float bad :
          new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 3e38f}) {
        Tensor x = normal(3, 20);
        x.data()[25] = bad;
        x.data()[26] = -3e38f;
        assertThatThrownBy(() -> session.run(Map.of("x", Operand.floats(x))))
            .isInstanceOf(OrtException.class)
            .hasMessageContaining(
                "ViditqQuantize: the values to quantize hold NaN or infinity, or a row whose range"
                    + " is beyond float32.");
      }
    }
  }

  private NodeSession quantizer(
      OperatorLibrary library,
      String node,
      Map<String, ?> own,
      IntegerFormat format,
      ElementKind kind)
      throws OrtException {
    // Without a shape, any rank comes.
    NodeModel model = new NodeModel().inputOfAnyRank("x", kind);
    add(model, node, own, format, List.of("x"));
    return new NodeSession(library, model);
  }

  private static void add(
      NodeModel model, String node, Map<String, ?> own, IntegerFormat format, List<String> inputs) {
    Map<String, Object> attributes = new HashMap<>(own);
    attributes.put("bits", format.bits());
    attributes.put("symmetric", format.symmetric() ? 1 : 0);
    attributes.put("plugin_version", "1");
    attributes.put("plugin_namespace", "viditq");
    model.node(node, attributes, inputs, OUTPUTS);
    model.outputOfAnyRank("codes", ElementKind.INT8);
    model.outputOfAnyRank("scale", ElementKind.FLOAT32);
    model.outputOfAnyRank("zero_point", ElementKind.INT32);
    model.outputOfAnyRank("row_sum", ElementKind.INT32);
  }

  private void assertSame(Map<String, Operand> outputs, IntegerFormat format, Tensor x) {
    TokenAssertions.assertSame(reference, outputs, format, x);
  }

  private void assertNear(Map<String, Operand> outputs, IntegerFormat format, Tensor values) {
    TokenAssertions.assertNear(reference, outputs, format, values);
  }

  private static byte[] bits(Map<String, Operand> outputs, String output, int columns) {
    return output.equals("codes")
        ? TokenAssertions.withoutPadding(outputs.get(output), columns)
        : outputs.get(output).bytes();
  }

  private Tensor normal(int... dims) {
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = (float) random.nextGaussian();
    }
    return tensor;
  }
}
