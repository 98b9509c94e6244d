package org.viditq.cuda.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.tensorrt.global.nvinfer.DataType;
import org.bytedeco.tensorrt.nvinfer.ITensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Plugins inside networks of the real TensorRT: types, shape inference, refusals. */
class PluginNetworkTest {
  private static final int CHANNELS = 40;
  private static final int HIDDEN = 72;
  private static final int SETS = 3;

  @BeforeEach
  void clearLog() {
    TensorRt.LOG.clear();
  }

  @Test
  void aFeedForwardBlockWithDynamicExtentsInfersItsShapes() {
    PluginNetwork network = new PluginNetwork();
    ITensor x = network.input("x", DataType.kHALF, -1, -1, CHANNELS);
    ITensor shift = network.input("shift", DataType.kFLOAT, -1, 1, CHANNELS);
    ITensor scale = network.input("scale", DataType.kFLOAT, -1, 1, CHANNELS);
    ITensor gate = network.input("gate", DataType.kHALF, -1, 1, CHANNELS);
    ITensor activeSet = network.input("range", DataType.kINT32, 1);

    List<ITensor> codes =
        network.plugin(
            "ViditqNormModulateQuantize",
            new PluginFields().with("has_balance", 1).with("has_active_set", 1),
            List.of(x, shift, scale, network.constant(DataType.kFLOAT, SETS, CHANNELS), activeSet));
    assertThat(codes)
        .extracting(PluginNetwork::extents)
        .containsExactly(
            List.of(-1L, -1L, 48L), List.of(-1L, -1L), List.of(-1L, -1L), List.of(-1L, -1L));
    assertThat(codes)
        .extracting(tensor -> tensor.getType().intern())
        .containsExactly(DataType.kINT8, DataType.kFLOAT, DataType.kINT32, DataType.kINT32);

    List<ITensor> hidden =
        linear(network, codes, 8, CHANNELS, HIDDEN, activeSet, List.of(), new PluginFields());
    assertThat(PluginNetwork.extents(hidden.get(0))).containsExactly(-1L, -1L, (long) HIDDEN);

    List<ITensor> hiddenCodes =
        network.plugin("ViditqGeluQuantize", new PluginFields().with("bits", 8), hidden);
    List<ITensor> y =
        linear(
            network,
            hiddenCodes,
            4,
            HIDDEN,
            CHANNELS,
            activeSet,
            List.of(gate, x),
            new PluginFields().with("has_gate", 1).with("has_residual", 1));
    assertThat(PluginNetwork.extents(y.get(0))).containsExactly(-1L, -1L, (long) CHANNELS);
    assertThat(y.get(0).getType().intern()).isEqualTo(DataType.kHALF);
    assertThat(TensorRt.LOG.lines()).isEmpty();

    // The optimizer finds nothing wrong until it wants to time the plugins.
    if (network.build(y.get(0)) == null) {
      assertThat(TensorRt.LOG.lines())
          .anyMatch(line -> line.startsWith("Requested amount of GPU memory"))
          .noneMatch(line -> line.startsWith("Viditq"));
    }
  }

  @Test
  void weightsOfAnotherLayerAreRefused() {
    PluginNetwork network = new PluginNetwork();
    ITensor x = network.input("x", DataType.kFLOAT, -1, -1, CHANNELS);
    List<ITensor> codes = network.plugin("ViditqQuantize", new PluginFields(), List.of(x));
    List<ITensor> y =
        linear(network, codes, 8, HIDDEN, HIDDEN, null, List.of(), new PluginFields());
    assertThat(PluginNetwork.extents(y.get(0))).isNull();
    assertThat(TensorRt.LOG.lines())
        .anyMatch(
            line ->
                line.equals(
                    "ViditqQuantizedLinear: codes has the extents [?, ?, 48]; the last must be"
                        + " 80."));
  }

  @Test
  void inputsOfTheWrongTypeAreRefused() {
    PluginNetwork network = new PluginNetwork();
    ITensor x = network.input("x", DataType.kINT32, -1, -1, CHANNELS);
    assertThat(network.plugin("ViditqQuantize", new PluginFields(), List.of(x))).isNull();
    assertThat(TensorRt.LOG.lines())
        .anyMatch(
            line ->
                line.equals(
                    "ViditqQuantize: input x has the wrong element type; see docs/plugins.md."));
  }

  @Test
  void missingInputsAreRefused() {
    PluginNetwork network = new PluginNetwork();
    ITensor x = network.input("x", DataType.kHALF, -1, -1, CHANNELS);
    assertThat(
            network.plugin("ViditqQuantize", new PluginFields().with("has_balance", 1), List.of(x)))
        .isNull();
    assertThat(TensorRt.LOG.lines())
        .anyMatch(
            line -> line.equals("ViditqQuantize: 1 inputs are connected; the fields ask for 2."));
  }

  private static List<ITensor> linear(
      PluginNetwork network,
      List<ITensor> codes,
      int weightBits,
      int inner,
      int channels,
      ITensor activeSet,
      List<ITensor> epilogue,
      PluginFields fields) {
    int rowBytes = (inner + 15) / 16 * 16;
    // 4 bits: blocks of 32 channels by 64 inner positions, two nibbles a byte.
    long setBytes =
        weightBits == 8
            ? (long) channels * rowBytes
            : (channels + 31) / 32 * 32L * ((inner + 63) / 64 * 64) / 2;
    List<ITensor> inputs = new ArrayList<>(codes);
    inputs.add(network.constant(DataType.kINT8, SETS, setBytes));
    inputs.add(network.constant(DataType.kFLOAT, SETS, channels));
    inputs.add(network.constant(DataType.kINT32, SETS, channels));
    inputs.add(network.constant(DataType.kINT32, SETS, channels));
    if (activeSet != null) {
      inputs.add(activeSet);
    }
    inputs.add(network.constant(DataType.kFLOAT, channels));
    inputs.addAll(epilogue);
    return network.plugin(
        "ViditqQuantizedLinear",
        fields
            .with("channels", channels)
            .with("inner", inner)
            .with("weight_bits", weightBits)
            .with("output_type", 1)
            .with("has_bias", 1)
            .with("has_active_set", activeSet == null ? 0 : 1),
        inputs);
  }
}
