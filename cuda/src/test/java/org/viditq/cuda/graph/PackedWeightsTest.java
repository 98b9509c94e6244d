package org.viditq.cuda.graph;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.operators.QuantizedLinearParameters;
import org.viditq.core.operators.QuantizedLinearParameters.WeightSet;
import org.viditq.core.quant.ActivationQuantization.DynamicToken;
import org.viditq.core.quant.IntegerFormat;
import org.viditq.core.quant.QuantizedWeight;
import org.viditq.core.quant.TimestepRange;
import org.viditq.core.tensor.Tensor;
import org.viditq.cuda.bridge.Bridge;
import org.viditq.onnx.FloatFormat;
import org.viditq.onnx.OnnxOperators;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.OnnxOptions.AttentionForm;
import org.viditq.quantize.weight.WeightQuantizer;

/** Weights in graphs are what the kernels' library packs, to the byte. */
class PackedWeightsTest {
  @ParameterizedTest
  @CsvSource({
    "1, 1, 8, false",
    "33, 65, 8, true",
    "24, 40, 8, false",
    "33, 65, 6, false",
    "5, 16, 6, true",
    "1, 1, 4, false",
    "33, 65, 4, false",
    "64, 64, 4, true",
    "40, 130, 4, true",
    "31, 63, 3, false"
  })
  void codesZeroPointsAndSumsAreThoseOfTheLibrary(
      int channels, int inner, int bits, boolean symmetric) throws Exception {
    IntegerFormat format = new IntegerFormat(bits, symmetric);
    List<WeightSet> sets = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      sets.add(
          new WeightSet(
              TimestepRange.closed(500 * i, 500 * i + 499),
              weight(channels, inner, format, i),
              Optional.empty(),
              new DynamicToken(IntegerFormat.asymmetric(8))));
    }
    Map<String, TensorProto> constants = constants(sets, inner);
    int storage = bits <= 4 ? 4 : 8;
    int bytes = (int) Bridge.viditq_cuda_packed_bytes(channels, inner, storage);
    byte[] codes = new byte[2 * bytes];
    ByteBuffer integers = ByteBuffer.allocate(16 * channels).order(ByteOrder.LITTLE_ENDIAN);
    pack(sets, channels, inner, storage, codes, integers);
    assertThat(constants.get("layer.weight_codes").getDimsList()).containsExactly(2L, (long) bytes);
    assertThat(constants.get("layer.weight_codes").getRawData().toByteArray()).isEqualTo(codes);
    byte[] packed = integers.array();
    assertThat(constants.get("layer.weight_zero_point").getRawData().toByteArray())
        .isEqualTo(Arrays.copyOf(packed, 8 * channels));
    assertThat(constants.get("layer.weight_centered_sum").getRawData().toByteArray())
        .isEqualTo(Arrays.copyOfRange(packed, 8 * channels, 16 * channels));
  }

  /** Zero points of both sets, then sums of both. */
  private static void pack(
      List<WeightSet> sets,
      int channels,
      int inner,
      int storage,
      byte[] codes,
      ByteBuffer integers) {
    Loader.load(Bridge.class);
    int bytes = codes.length / sets.size();
    for (int i = 0; i < sets.size(); i++) {
      QuantizedWeight weight = sets.get(i).weight();
      byte[] dense = new byte[channels * inner];
      for (int row = 0; row < channels; row++) {
        weight.codes().copyRow(row, dense, row * inner);
      }
      try (BytePointer given = new BytePointer(dense);
          BytePointer packed = new BytePointer((long) bytes);
          IntPointer zeroPoint = new IntPointer(weight.grid().zeroPoint());
          IntPointer sum = new IntPointer((long) channels)) {
        int status =
            Bridge.viditq_cuda_pack_weights(
                given,
                weight.grid().format().symmetric() ? 1 : 0,
                channels,
                inner,
                storage,
                packed,
                zeroPoint,
                sum);
        assertThat(status).isEqualTo(Bridge.VIDITQ_CUDA_OK);
        packed.get(codes, i * bytes, bytes);
        for (int n = 0; n < channels; n++) {
          integers.putInt(4 * (i * channels + n), zeroPoint.get(n));
          integers.putInt(4 * ((sets.size() + i) * channels + n), sum.get(n));
        }
      }
    }
  }

  private static Map<String, TensorProto> constants(List<WeightSet> sets, int inner)
      throws Exception {
    try (OnnxOperators operators =
        new OnnxOperators(OnnxOptions.plugin(FloatFormat.FP32, AttentionForm.STANDARD))) {
      QuantizedLinearParameters layer =
          new QuantizedLinearParameters("layer", sets, Optional.empty());
      byte[] graph =
          operators
              .graph(
                  "layer",
                  Map.of(
                      "y",
                      operators.linear(operators.input("x", 2, inner), operators.prepare(layer))))
              .toBytes();
      return ModelProto.parseFrom(graph).getGraph().getInitializerList().stream()
          .collect(Collectors.toMap(TensorProto::getName, tensor -> tensor));
    }
  }

  private static QuantizedWeight weight(int channels, int inner, IntegerFormat format, long seed) {
    Random random = new Random(seed);
    Tensor values = Tensor.zeros(channels, inner);
    for (int i = 0; i < values.size(); i++) {
      values.data()[i] = (float) random.nextGaussian() + 0.3f;
    }
    return new WeightQuantizer()
        .quantize(MemoryTensor.of("weight", values), Optional.empty(), format);
  }
}
