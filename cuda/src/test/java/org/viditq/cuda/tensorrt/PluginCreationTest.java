package org.viditq.cuda.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.tensorrt.global.nvinfer.PluginCapabilityType;
import org.bytedeco.tensorrt.global.nvinfer.PluginFieldType;
import org.bytedeco.tensorrt.global.nvinfer.TensorRTPhase;
import org.bytedeco.tensorrt.nvinfer.IPluginCreatorV3One;
import org.bytedeco.tensorrt.nvinfer.IPluginV3;
import org.bytedeco.tensorrt.nvinfer.IPluginV3OneCore;
import org.bytedeco.tensorrt.nvinfer.IPluginV3OneRuntime;
import org.bytedeco.tensorrt.nvinfer.PluginField;
import org.bytedeco.tensorrt.nvinfer.PluginFieldCollection;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The real TensorRT loads our library, finds its creators, and makes plugins from fields. */
class PluginCreationTest {
  /** What identifies a plugin in an engine: its fields with their values. */
  private record Value(String name, PluginFieldType type, float value) {}

  @BeforeEach
  void clearLog() {
    TensorRt.LOG.clear();
  }

  static Stream<Arguments> plugins() {
    return Stream.of(
        Arguments.of(
            "ViditqQuantize",
            new PluginFields().with("bits", 6).with("has_balance", 1),
            List.of(
                integer("bits", 6),
                integer("symmetric", 0),
                integer("has_balance", 1),
                integer("has_active_set", 0))),
        Arguments.of(
            "ViditqGeluQuantize",
            new PluginFields().with("symmetric", 1),
            List.of(
                integer("bits", 8),
                integer("symmetric", 1),
                integer("has_balance", 0),
                integer("has_active_set", 0))),
        Arguments.of(
            "ViditqHadamardQuantize",
            new PluginFields().with("block", 64),
            List.of(
                integer("bits", 8),
                integer("symmetric", 0),
                integer("has_balance", 0),
                integer("has_active_set", 0),
                integer("block", 64),
                integer("regular", 0),
                integer("has_matrix", 0))),
        Arguments.of(
            "ViditqNormModulateQuantize",
            new PluginFields()
                .withReal("epsilon", 1e-5f)
                .with("has_balance", 1)
                .with("has_active_set", 1),
            List.of(
                integer("bits", 8),
                integer("symmetric", 0),
                integer("has_balance", 1),
                integer("has_active_set", 1),
                new Value("epsilon", PluginFieldType.kFLOAT32, 1e-5f))),
        Arguments.of(
            "ViditqQuantizedLinear",
            new PluginFields()
                .with("channels", 72)
                .with("inner", 130)
                .with("weight_bits", 4)
                .with("output_type", 1)
                .with("activation", 1)
                .with("has_bias", 1),
            List.of(
                integer("channels", 72),
                integer("inner", 130),
                integer("weight_bits", 4),
                integer("x_symmetric", 0),
                integer("activation", 1),
                integer("output_type", 1),
                integer("has_active_set", 0),
                integer("has_bias", 1),
                integer("has_gate", 0),
                integer("has_residual", 0))),
        Arguments.of("ViditqGatedResidual", new PluginFields(), List.of()),
        Arguments.of(
            "ViditqAttention",
            new PluginFields().with("heads", 16).withReal("scale", 0.125f).with("has_bias", 1),
            List.of(
                integer("heads", 16),
                new Value("scale", PluginFieldType.kFLOAT32, 0.125f),
                integer("has_bias", 1))));
  }

  @Test
  void theRegistryListsEveryPlugin() {
    assertThat(TensorRt.registered())
        .containsExactlyInAnyOrderElementsOf(
            plugins().map(plugin -> (String) plugin.get()[0]).toList());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("plugins")
  void pluginsAreCreatedClonedSerializedAndRecreated(
      String name, PluginFields fields, List<Value> expected) {
    IPluginCreatorV3One creator = TensorRt.creator(name);
    assertThat(creator.getPluginName()).isEqualTo(name);
    assertThat(creator.getPluginVersion()).isEqualTo(TensorRt.VERSION);
    assertThat(creator.getPluginNamespace()).isEqualTo(TensorRt.NAMESPACE);
    assertThat(names(creator.getFieldNames()))
        .containsExactlyElementsOf(expected.stream().map(Value::name).toList());

    try (fields) {
      IPluginV3 plugin = creator.createPlugin(name, fields.collection(), TensorRTPhase.kBUILD);
      assertThat(plugin).as(() -> String.join("\n", TensorRt.LOG.lines())).isNotNull();
      IPluginV3OneCore core =
          new IPluginV3OneCore(plugin.getCapabilityInterface(PluginCapabilityType.kCORE));
      assertThat(core.getPluginName()).isEqualTo(name);
      assertThat(core.getPluginNamespace()).isEqualTo(TensorRt.NAMESPACE);
      assertThat(plugin.getCapabilityInterface(PluginCapabilityType.kBUILD)).isNotNull();
      assertThat(values(serialized(plugin))).isEqualTo(expected);

      IPluginV3 clone = plugin.clone();
      assertThat(clone.address()).isNotEqualTo(plugin.address());
      assertThat(values(serialized(clone))).isEqualTo(expected);

      IPluginV3 again = creator.createPlugin(name, serialized(clone), TensorRTPhase.kRUNTIME);
      assertThat(again).isNotNull();
      assertThat(values(serialized(again))).isEqualTo(expected);
    }
    assertThat(TensorRt.LOG.lines()).isEmpty();
  }

  static Stream<Arguments> badFields() {
    return Stream.of(
        bad("ViditqQuantize", new PluginFields().with("colour", 1), "field colour is unknown"),
        bad(
            "ViditqQuantize",
            new PluginFields().with("bits", 9),
            "field bits is 9; it must be 2 to 8"),
        bad(
            "ViditqQuantize",
            new PluginFields().withReal("bits", 8.0f),
            "field bits has the wrong type; it must be an INT32"),
        bad(
            "ViditqQuantize",
            new PluginFields().with("bits", 8, 8),
            "field bits has 2 elements; it must have one"),
        bad(
            "ViditqQuantize",
            new PluginFields().with("bits", 8).with("bits", 8),
            "field bits is given twice"),
        bad(
            "ViditqGeluQuantize",
            new PluginFields().with("has_active_set", 1),
            "field has_active_set is 1, which needs has_balance 1"),
        bad("ViditqHadamardQuantize", new PluginFields(), "field block is missing"),
        bad(
            "ViditqHadamardQuantize",
            new PluginFields().with("block", 48),
            "field block is 48; without a matrix it must be a power of two"),
        bad(
            "ViditqHadamardQuantize",
            new PluginFields().with("block", 8).with("regular", 1),
            "field block is 8; for a regular rotation it must be a power of four"),
        bad(
            "ViditqHadamardQuantize",
            new PluginFields().with("block", 16).with("regular", 1).with("has_matrix", 1),
            "fields has_matrix and regular are both 1"),
        bad(
            "ViditqHadamardQuantize",
            new PluginFields().with("block", 65536),
            "field block is 65536; it must be 2 to 32768"),
        bad(
            "ViditqNormModulateQuantize",
            new PluginFields().withReal("epsilon", Float.NaN),
            "field epsilon is nan; it must be 0 to 1"),
        bad(
            "ViditqQuantizedLinear",
            new PluginFields()
                .with("channels", 8)
                .with("inner", 8)
                .with("output_type", 0)
                .with("weight_bits", 6),
            "field weight_bits is 6; weights are stored with 4 or 8 bits"),
        bad(
            "ViditqQuantizedLinear",
            new PluginFields().with("channels", 8).with("inner", 8),
            "field output_type is missing"),
        bad("ViditqGatedResidual", new PluginFields().with("bits", 8), "field bits is unknown"),
        bad(
            "ViditqAttention",
            new PluginFields().with("heads", 0).withReal("scale", 1),
            "field heads is 0; it must be 1 to 65536."),
        bad("ViditqAttention", new PluginFields().with("heads", 4), "field scale is missing."));
  }

  @ParameterizedTest(name = "{0}: {2}")
  @MethodSource("badFields")
  void badFieldsAreRefusedWithASentenceInTensorRtsLog(
      String name, PluginFields fields, String message) {
    try (fields) {
      assertThat(
              TensorRt.creator(name).createPlugin(name, fields.collection(), TensorRTPhase.kBUILD))
          .isNull();
    }
    assertThat(TensorRt.LOG.lines())
        .singleElement()
        .asString()
        .startsWith(name + ": " + message)
        .endsWith(".");
  }

  @Test
  void theLibraryExportsWhatTensorRtCallsAndNothingElse() throws Exception {
    Process nm =
        new ProcessBuilder(
                "nm", "-D", "--defined-only", "--format=posix", TensorRt.library().toString())
            .redirectErrorStream(true)
            .start();
    List<String> symbols =
        new String(nm.getInputStream().readAllBytes())
            .lines()
            .map(line -> line.split(" ")[0])
            .sorted()
            .toList();
    assertThat(nm.waitFor()).isZero();
    assertThat(symbols).containsExactly("getCreators", "setLoggerFinder");
  }

  private static Arguments bad(String name, PluginFields fields, String message) {
    return Arguments.of(name, fields, message);
  }

  private static Value integer(String name, int value) {
    return new Value(name, PluginFieldType.kINT32, value);
  }

  private static PluginFieldCollection serialized(IPluginV3 plugin) {
    return new IPluginV3OneRuntime(plugin.getCapabilityInterface(PluginCapabilityType.kRUNTIME))
        .getFieldsToSerialize();
  }

  private static List<String> names(PluginFieldCollection fields) {
    return IntStream.range(0, fields.nbFields())
        .mapToObj(i -> fields.fields().getPointer(i).name())
        .toList();
  }

  private static List<Value> values(PluginFieldCollection fields) {
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < fields.nbFields(); i++) {
      PluginField field = fields.fields().getPointer(i);
      assertThat(field.length()).isEqualTo(1);
      PluginFieldType type = field.type().intern();
      float value =
          type == PluginFieldType.kINT32
              ? new IntPointer(field.data()).get()
              : new FloatPointer(field.data()).get();
      values.add(new Value(field.name(), type, value));
    }
    return values;
  }
}
