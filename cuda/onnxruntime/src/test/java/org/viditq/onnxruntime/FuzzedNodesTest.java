package org.viditq.onnxruntime;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.tensor.Tensor;

/** Nodes with random fields, types and extents run or are refused, and never end the process. */
class FuzzedNodesTest {
  private static final Duration BOUND = Duration.ofSeconds(2);
  private static final List<String> KINDS =
      List.of(
          "ViditqQuantize",
          "ViditqGeluQuantize",
          "ViditqHadamardQuantize",
          "ViditqNormModulateQuantize",
          "ViditqQuantizedLinear",
          "ViditqGatedResidual",
          "ViditqAttention");
  private static final List<String> FLAGS =
      List.of(
          "has_balance",
          "has_matrix",
          "has_active_set",
          "has_bias",
          "has_gate",
          "has_residual",
          "symmetric",
          "regular",
          "x_symmetric",
          "activation");
  private static final List<String> NUMBERS =
      List.of("bits", "block", "channels", "inner", "weight_bits", "output_type", "heads");

  @ParameterizedTest
  @EnumSource
  void randomNodesRunOrAreRefused(OperatorLibrary library) {
    Random random = new Random(59);
    int ran = 0;
    int refused = 0;
    Instant end = Instant.now().plus(BOUND);
    while (Instant.now().isBefore(end)) {
      String kind = KINDS.get(random.nextInt(KINDS.size()));
      Map<String, Operand> operands = new HashMap<>();
      List<String> inputs = new ArrayList<>();
      NodeModel model = new NodeModel();
      int count = 1 + random.nextInt(13);
      for (int i = 0; i < count; i++) {
        String name = "in" + i;
        Operand operand = operand(random);
        inputs.add(name);
        if (random.nextInt(4) == 0) {
          model.constant(name, operand);
        } else {
          declare(model, name, operand, random.nextInt(3));
          operands.put(name, operand);
        }
      }
      boolean one = !kind.endsWith("Quantize");
      List<String> outputs =
          one ? List.of("y") : List.of("codes", "scale", "zero_point", "row_sum");
      ElementKind activation = ElementKind.values()[random.nextInt(3)];
      List<ElementKind> kinds =
          one
              ? List.of(activation)
              : List.of(
                  ElementKind.INT8, ElementKind.FLOAT32, ElementKind.INT32, ElementKind.INT32);
      model.node(kind, fields(random), inputs, outputs);
      for (int i = 0; i < outputs.size(); i++) {
        model.outputOfAnyRank(outputs.get(i), kinds.get(i));
      }
      try (NodeSession session = new NodeSession(library, model)) {
        session.run(operands);
        ran++;
      } catch (OrtException e) {
        assertThat(e.getMessage()).isNotBlank();
        refused++;
      }
    }
    // How many there are depends on the machine; that the process is still here does not.
    assertThat(ran + refused).isPositive();
  }

  /** Good layers of which one operand has other extents, another type or other contents. */
  @ParameterizedTest
  @EnumSource
  void damagedLayersRunOrAreRefused(OperatorLibrary library) {
    Random random = new Random(61);
    Instant end = Instant.now().plus(BOUND);
    int refused = 0;
    while (Instant.now().isBefore(end)) {
      IntegerFormat format =
          random.nextBoolean() ? IntegerFormat.asymmetric(8) : IntegerFormat.asymmetric(4);
      PackedSets weights = new PackedSets(random, 1 + random.nextInt(2), 9, 24, format);
      Map<String, Operand> operands = new HashMap<>();
      operands.put("codes", Operand.codes(bytes(random, 3 * 32), 3, 32));
      operands.put("x_scale", Operand.floats(Tensor.full(1, 3)));
      operands.put("x_zero_point", Operand.ints(ints(random, 3), 3));
      operands.put("x_row_sum", Operand.ints(ints(random, 3), 3));
      operands.put("w_codes", weights.codes());
      operands.put("w_scale", weights.scale());
      operands.put("w_zero_point", weights.zeroPoint());
      operands.put("w_centered_sum", weights.centeredSum());
      operands.put("set", Operand.ints(ints(random, 1), 1));
      List<String> names =
          List.of(
              "codes",
              "x_scale",
              "x_zero_point",
              "x_row_sum",
              "w_codes",
              "w_scale",
              "w_zero_point",
              "w_centered_sum",
              "set");
      operands.put(names.get(random.nextInt(names.size())), operand(random));
      NodeModel model = new NodeModel();
      Map<String, Operand> fed = new HashMap<>();
      boolean constant = random.nextBoolean();
      operands.forEach(
          (name, operand) -> {
            if (constant && name.startsWith("w_")) {
              model.constant(name, operand);
            } else {
              declare(model, name, operand, random.nextInt(3));
              fed.put(name, operand);
            }
          });
      Map<String, Integer> fields = new LayerModel(weights, IntegerFormat.asymmetric(8)).fields();
      model.node("ViditqQuantizedLinear", fields, names, List.of("y"));
      model.outputOfAnyRank("y", ElementKind.FLOAT32);
      try (NodeSession session = new NodeSession(library, model)) {
        session.run(fed);
      } catch (OrtException e) {
        assertThat(e.getMessage()).contains("ViditqQuantizedLinear");
        refused++;
      }
    }
    assertThat(refused).isPositive();
  }

  /** An input of which more or less is known before a run. */
  private static void declare(NodeModel model, String name, Operand operand, int known) {
    if (known == 0) {
      model.inputOfAnyRank(name, operand.kind());
      return;
    }
    Object[] extents = Arrays.stream(operand.extents()).boxed().toArray();
    if (known == 1 && extents.length > 0) {
      extents[0] = name + ".extent";
    }
    model.input(name, operand.kind(), extents);
  }

  private static Map<String, Object> fields(Random random) {
    Map<String, Object> fields = new HashMap<>();
    for (String flag : FLAGS) {
      if (random.nextInt(3) == 0) {
        fields.put(flag, random.nextInt(8) == 0 ? random.nextInt() : random.nextInt(2));
      }
    }
    for (String number : NUMBERS) {
      if (random.nextInt(2) == 0) {
        fields.put(number, random.nextInt(8) == 0 ? random.nextLong() : 1 << random.nextInt(6));
      }
    }
    if (random.nextInt(4) == 0) {
      fields.put("epsilon", random.nextInt(4) == 0 ? Float.NaN : 1e-6f);
    }
    if (random.nextInt(2) == 0) {
      fields.put("scale", random.nextInt(4) == 0 ? Float.NaN : 0.125f);
    }
    return fields;
  }

  private static Operand operand(Random random) {
    ElementKind kind = ElementKind.values()[random.nextInt(ElementKind.values().length)];
    int rank = random.nextInt(8) == 0 ? random.nextInt(11) : 1 + random.nextInt(3);
    long[] extents = new long[rank];
    int elements = 1;
    for (int i = 0; i < rank; i++) {
      extents[i] = elements > 4096 ? 1 : new int[] {0, 1, 2, 3, 4, 8, 16, 32}[random.nextInt(8)];
      elements *= (int) extents[i];
    }
    return new Operand(kind, extents, bytes(random, elements * kind.bytes));
  }

  private static byte[] bytes(Random random, int count) {
    byte[] bytes = new byte[count];
    if (random.nextBoolean()) {
      random.nextBytes(bytes);
    }
    return bytes;
  }

  private static int[] ints(Random random, int count) {
    return random.ints(count).toArray();
  }
}
