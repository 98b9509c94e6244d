package org.viditq.onnxruntime;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.OrtException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.tensor.Tensor;

/** What is wrong with a node is told in one sentence, as TensorRT's log tells it. */
class RefusedNodesTest {
  private static final List<String> OUTPUTS = List.of("codes", "scale", "zero_point", "row_sum");

  @ParameterizedTest
  @EnumSource
  void wrongFieldsAreRefusedWhenASessionIsMade(OperatorLibrary library) {
    Map<Map<String, ?>, String> wrong =
        Map.ofEntries(
            Map.entry(Map.of("bits", 9), "field bits is 9; it must be 2 to 8."),
            Map.entry(Map.of("bits", 1), "field bits is 1; it must be 2 to 8."),
            Map.entry(Map.of("bits", 1L << 40), "field bits is 1099511627776, which is no INT32."),
            Map.entry(Map.of("bits", 8f), "field bits has the wrong type; it must be an INT32."),
            Map.entry(Map.of("bits", "8"), "field bits has the wrong type; it must be an INT32."),
            Map.entry(
                Map.of("bits", List.of(8, 8)), "field bits has 2 elements; it must have one."),
            Map.entry(Map.of("symmetric", -1), "field symmetric is -1; it must be 0 to 1."),
            Map.entry(
                Map.of("has_active_set", 1),
                "field has_active_set is 1, which needs has_balance 1."),
            Map.entry(
                Map.of("plugin_version", "2"),
                "attribute plugin_version is 2; this library has 1."),
            Map.entry(
                Map.of("plugin_namespace", "other"),
                "attribute plugin_namespace is other; this library has viditq."),
            Map.entry(Map.of("has_balance", 1), "1 inputs are connected; the fields ask for 2."));
    wrong.forEach(
        (fields, sentence) ->
            refusedAtCreation(
                library,
                quantizer("ViditqQuantize", fields, List.of("x")),
                "ViditqQuantize: node codes_node: " + sentence));
    refusedAtCreation(
        library,
        quantizer("ViditqHadamardQuantize", Map.of(), List.of("x")),
        "ViditqHadamardQuantize: node codes_node: field block is missing.");
    refusedAtCreation(
        library,
        quantizer("ViditqHadamardQuantize", Map.of("block", 12), List.of("x")),
        "field block is 12; without a matrix it must be a power of two.");
    refusedAtCreation(
        library,
        quantizer("ViditqNormModulateQuantize", Map.of("epsilon", 2f), List.of("x", "x", "x")),
        "field epsilon is 2; it must be 0 to 1.");
    refusedAtCreation(
        library,
        quantizer("ViditqNormModulateQuantize", Map.of("epsilon", 1), List.of("x", "x", "x")),
        "field epsilon has the wrong type; it must be a FLOAT32.");
  }

  @ParameterizedTest
  @EnumSource
  void wrongTypesAreRefusedWhenASessionIsMade(OperatorLibrary library) {
    NodeModel model = new NodeModel().input("x", ElementKind.INT32, "tokens", 24);
    add(model, "ViditqQuantize", Map.of(), List.of("x"));
    refusedAtCreation(library, model, "input x has the wrong element type; see docs/plugins.md.");

    NodeModel balanced = new NodeModel().input("x", ElementKind.FLOAT16, "tokens", 24);
    balanced.input("balance", ElementKind.FLOAT16, 1, 24);
    add(balanced, "ViditqQuantize", Map.of("has_balance", 1), List.of("x", "balance"));
    refusedAtCreation(library, balanced, "input balance has the wrong element type;");

    LayerModel layer = layer();
    NodeModel linear = layer.model(null);
    Map<String, Integer> fields = layer.fields();
    fields.put("output_type", 2);
    addAgain(linear, fields, List.of("set"), "again");
    refusedAtCreation(
        library,
        linear.output("again", ElementKind.FLOAT32, "batch", "tokens", 20),
        "Type (tensor(float)) of output arg (again) of node (again_node) does not match expected"
            + " type (tensor(bfloat16)).");
  }

  @ParameterizedTest
  @EnumSource
  void extentsThatAreKnownAreCheckedWhenASessionIsMade(OperatorLibrary library) {
    NodeModel wide = new NodeModel().input("x", ElementKind.FLOAT32, "tokens", 32769);
    add(wide, "ViditqQuantize", Map.of(), List.of("x"));
    refusedAtCreation(library, wide, "x has 32769 channels; codes are for 1 to 32768.");

    NodeModel balance = new NodeModel().input("x", ElementKind.FLOAT32, "tokens", 24);
    balance.constant("balance", Operand.floats(Tensor.full(1, 2, 25)));
    add(balance, "ViditqQuantize", Map.of("has_balance", 1), List.of("x", "balance"));
    refusedAtCreation(
        library,
        balance,
        "balance has the extents [2, 25]; the fields and the other inputs ask for [?, 24].");

    NodeModel deep =
        new NodeModel().input("x", ElementKind.FLOAT32, 1, 1, 1, 1, 1, 1, 1, 1, "tokens", 24);
    add(deep, "ViditqQuantize", Map.of(), List.of("x"));
    refusedAtCreation(library, deep, "x has 10 dimensions; there may be 8.");

    LayerModel layer = layer();
    NodeModel linear = layer.model(null);
    Map<String, Integer> fields = layer.fields();
    fields.put("channels", 21);
    addAgain(linear, fields, List.of("set"), "again");
    refusedAtCreation(
        library,
        linear.output("again", ElementKind.FLOAT32, "batch", "tokens", 21),
        "w_codes has the extents [2, 640]; the fields and the other inputs ask for [?, 672].");
  }

  @ParameterizedTest
  @EnumSource
  void inputsThatAreLeftOutAreRefused(OperatorLibrary library) {
    // As ONNX leaves out optional inputs, which ours are not.
    assertThatThrownBy(
            () ->
                new NodeSession(
                        library,
                        quantizer("ViditqNormModulateQuantize", Map.of(), List.of("x", "", "x")))
                    .close())
        .isInstanceOf(OrtException.class);
  }

  @ParameterizedTest
  @EnumSource
  void extentsOfARunAreChecked(OperatorLibrary library) throws OrtException {
    NodeModel any = new NodeModel().inputOfAnyRank("x", ElementKind.FLOAT32);
    add(any, "ViditqQuantize", Map.of(), List.of("x"));
    try (NodeSession session = new NodeSession(library, any)) {
      refused(
          session,
          Map.of("x", Operand.floats(Tensor.zeros(24))),
          "ViditqQuantize: x has the extents [24]; it must have 2 to 8 dimensions.");
      refused(
          session,
          Map.of("x", Operand.floats(new float[0], 3, 0)),
          "x has 0 channels; codes are for 1 to 32768.");
      refused(
          session,
          Map.of("x", Operand.floats(Tensor.zeros(1, 1, 1, 1, 1, 1, 1, 1, 2, 3))),
          "x has 10 dimensions; there may be 8.");
    }
    NodeModel norm = new NodeModel().input("x", ElementKind.FLOAT32, "batch", "tokens", 24);
    norm.input("shift", ElementKind.FLOAT32, "samples", 24);
    norm.input("scale_in", ElementKind.FLOAT32, "samples", 24);
    add(norm, "ViditqNormModulateQuantize", Map.of(), List.of("x", "shift", "scale_in"));
    try (NodeSession session = new NodeSession(library, norm)) {
      refused(
          session,
          Map.of(
              "x", Operand.floats(Tensor.zeros(2, 3, 24)),
              "shift", Operand.floats(Tensor.zeros(4, 24)),
              "scale_in", Operand.floats(Tensor.zeros(4, 24))),
          "6 rows do not divide into 4 samples.");
    }
    LayerModel layer = layer();
    layer.gated = true;
    try (NodeSession session = new NodeSession(library, layer.model(null))) {
      Map<String, Operand> inputs = new HashMap<>();
      inputs.put("x", Operand.floats(Tensor.zeros(2, 3, 24)));
      inputs.put("set", Operand.activeSet(0));
      inputs.put("gate", Operand.floats(Tensor.zeros(2, 1, 20)));
      inputs.put("residual", Operand.floats(Tensor.zeros(2, 4, 20)));
      refused(
          session,
          inputs,
          "ViditqQuantizedLinear: residual has the extents [2, 4, 20] and the result has the"
              + " extents [2, 3, 20]; they must agree.");
    }
  }

  @Test
  void sumsOfOtherCodesAreRefused() {
    LayerModel layer = layer();
    Map<String, Operand> operands = layer.weightOperands();
    int[] sums = operands.get("w_centered_sum").ints();
    sums[23]++;
    NodeModel model = new NodeModel();
    model.input("codes", ElementKind.INT8, "tokens", 32);
    model.input("scale", ElementKind.FLOAT32, "tokens");
    model.input("zero_point", ElementKind.INT32, "tokens");
    model.input("row_sum", ElementKind.INT32, "tokens");
    operands.put("w_centered_sum", Operand.ints(sums, 2, 20));
    operands.forEach(model::constant);
    List<String> inputs = new ArrayList<>(OUTPUTS);
    inputs.addAll(List.of("w_codes", "w_scale", "w_zero_point", "w_centered_sum"));
    Map<String, Integer> fields = layer.fields();
    fields.put("has_active_set", 0);
    model.node("ViditqQuantizedLinear", fields, inputs, List.of("y"));
    model.output("y", ElementKind.FLOAT32, "tokens", 20);
    refusedAtCreation(
        OperatorLibrary.NATIVE,
        model,
        "w_centered_sum is "
            + sums[23]
            + " for channel 3 of set 1; codes and zero points give "
            + (sums[23] - 1)
            + ". Pack weights with viditq_cuda_pack_weights.");
  }

  private static LayerModel layer() {
    PackedSets weights = new PackedSets(new Random(5), 2, 20, 24, IntegerFormat.asymmetric(8));
    return new LayerModel(weights, IntegerFormat.asymmetric(8));
  }

  /** A second linear node on the inputs of the first. */
  private static void addAgain(
      NodeModel model, Map<String, Integer> fields, List<String> optional, String output) {
    List<String> inputs =
        new ArrayList<>(
            List.of(
                "codes",
                "x_scale",
                "x_zero_point",
                "x_row_sum",
                "w_codes",
                "w_scale",
                "w_zero_point",
                "w_centered_sum"));
    inputs.addAll(optional);
    model.node("ViditqQuantizedLinear", fields, inputs, List.of(output));
  }

  private static NodeModel quantizer(String node, Map<String, ?> fields, List<String> inputs) {
    NodeModel model = new NodeModel().input("x", ElementKind.FLOAT32, 4, 24);
    add(model, node, fields, inputs);
    return model;
  }

  private static void add(
      NodeModel model, String node, Map<String, ?> fields, List<String> inputs) {
    model.node(node, fields, inputs, OUTPUTS);
    model.outputOfAnyRank("codes", ElementKind.INT8);
    model.outputOfAnyRank("scale", ElementKind.FLOAT32);
    model.outputOfAnyRank("zero_point", ElementKind.INT32);
    model.outputOfAnyRank("row_sum", ElementKind.INT32);
  }

  private static void refusedAtCreation(OperatorLibrary library, NodeModel model, String sentence) {
    assertThatThrownBy(() -> new NodeSession(library, model).close())
        .isInstanceOf(OrtException.class)
        .hasMessageContaining(sentence);
  }

  private static void refused(NodeSession session, Map<String, Operand> inputs, String sentence) {
    assertThatThrownBy(() -> session.run(inputs))
        .isInstanceOf(OrtException.class)
        .hasMessageContaining(sentence);
  }
}
