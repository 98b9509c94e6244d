package org.viditq.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.checkpoint.MemoryTensor;
import org.viditq.core.checkpoint.StoredTensor;
import org.viditq.core.error.OutputException;
import org.viditq.core.operators.DenseLinearParameters;
import org.viditq.core.operators.Linear;
import org.viditq.core.tensor.DType;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

class OnnxGraphTest {
  @TempDir Path folder;

  @Test
  void holdsWhatItsOutputsNeedAndNoMore() throws Exception {
    OnnxOperators operators = new OnnxOperators(OnnxOptions.STANDARD);
    OnnxValue a = operators.input("a", 2, 3);
    OnnxValue b = operators.input("b", 2, 3);
    operators.input("unused", 1);
    operators.multiply(b, operators.constant(Tensor.full(7, 3)));
    OnnxValue sum = operators.add(a, operators.scale(b, 2));
    OnnxGraph graph = operators.graph("g", Map.of("sum", sum));
    assertThat(graph.inputs()).extracting(OnnxValue::name).containsExactly("a", "b");
    assertThat(graph.operators()).isEqualTo(Map.of("Add", 1, "Identity", 1, "Mul", 1));
    GraphProto proto = ModelProto.parseFrom(graph.toBytes()).getGraph();
    assertThat(proto.getInputList()).extracting(ValueInfoProto::getName).containsExactly("a", "b");
    assertThat(proto.getOutputList()).extracting(ValueInfoProto::getName).containsExactly("sum");
    assertThat(proto.getInitializerList()).hasSize(1);
  }

  @Test
  void everyOperandComesBeforeItsUseUnderAUniqueName() throws Exception {
    GraphProto graph = ModelProto.parseFrom(layers().toBytes()).getGraph();
    Set<String> known = new HashSet<>();
    graph.getInputList().forEach(input -> assertThat(known.add(input.getName())).isTrue());
    graph.getInitializerList().forEach(data -> assertThat(known.add(data.getName())).isTrue());
    for (NodeProto node : graph.getNodeList()) {
      assertThat(known).containsAll(node.getInputList());
      node.getOutputList().forEach(output -> assertThat(known.add(output)).as(output).isTrue());
    }
    assertThat(known).contains("y");
    assertThat(graph.getNodeList()).extracting(NodeProto::getName).contains("layer/MatMul");
  }

  @Test
  void equalRecordingsGiveEqualBytes() {
    assertThat(layers().toBytes()).isEqualTo(layers().toBytes());
  }

  @Test
  void namesOtherDomainsOnlyWhereTheyAreUsed() throws Exception {
    assertThat(domains(OnnxOptions.AttentionForm.STANDARD)).containsExactly("");
    assertThat(domains(OnnxOptions.AttentionForm.ONNX_RUNTIME))
        .containsExactly("", "com.microsoft");
  }

  private static List<String> domains(OnnxOptions.AttentionForm form)
      throws InvalidProtocolBufferException {
    OnnxOperators operators =
        new OnnxOperators(new OnnxOptions(OnnxOptions.LinearForm.FLOAT32, form));
    OnnxValue x = operators.input("x", 1, 5, 6);
    OnnxValue y = operators.attention(x, x, x, 2, 1, Optional.empty());
    byte[] bytes = operators.graph("g", Map.of("y", y)).toBytes();
    return ModelProto.parseFrom(bytes).getOpsetImportList().stream()
        .map(opset -> opset.getDomain())
        .toList();
  }

  /** A large weight and small biases, one layer used twice. */
  private static OnnxGraph layers() {
    OnnxOperators operators = new OnnxOperators(OnnxOptions.STANDARD);
    Linear layer = operators.prepare(parameters(counted(33, 33)));
    OnnxValue x = operators.input("x", 4, 33);
    OnnxValue y = operators.linear(operators.linear(x, layer), layer);
    return operators.graph("layers", Map.of("y", y));
  }

  private static DenseLinearParameters parameters(StoredTensor weight) {
    int out = weight.shape().dim(0);
    return new DenseLinearParameters("layer", weight, Optional.of(Tensor.full(2, out)));
  }

  /** The numbers from 0 on. */
  private static StoredTensor counted(int... dims) {
    Tensor tensor = Tensor.zeros(dims);
    for (int i = 0; i < tensor.size(); i++) {
      tensor.data()[i] = i;
    }
    return MemoryTensor.of("weight", tensor);
  }

  @Test
  void largeConstantsLieInAFileOfTheirOwn() throws Exception {
    Path target = folder.resolve("graph");
    layers().write(target);
    byte[] model = Files.readAllBytes(target.resolve(OnnxGraph.MODEL_FILE));
    List<TensorProto> tensors = ModelProto.parseFrom(model).getGraph().getInitializerList();
    assertThat(tensors).hasSize(2);
    for (TensorProto tensor : tensors) {
      boolean weight = tensor.getName().equals("layer.weight");
      assertThat(tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL).isEqualTo(weight);
      if (weight) {
        assertThat(tensor.getDimsList()).containsExactly(33L, 33L);
        assertTransposed(
            target, entries(tensor), 33); // element (k, n) of the file is (n, k) of the weight
      }
    }
  }

  private static Map<String, String> entries(TensorProto tensor) {
    return tensor.getExternalDataList().stream()
        .collect(
            Collectors.toMap(StringStringEntryProto::getKey, StringStringEntryProto::getValue));
  }

  private static void assertTransposed(Path target, Map<String, String> entries, int side)
      throws IOException {
    int offset = Integer.parseInt(entries.get("offset"));
    assertThat(offset % 4096).isZero();
    assertThat(entries.get("length")).isEqualTo(Integer.toString(4 * side * side));
    ByteBuffer data =
        ByteBuffer.wrap(Files.readAllBytes(target.resolve(entries.get("location"))))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (int k = 0; k < side; k++) {
      for (int n = 0; n < side; n++) {
        assertThat(data.getFloat(offset + 4 * (k * side + n))).isEqualTo(n * side + k);
      }
    }
  }

  @Test
  void leavesNothingBehindIfAWeightCannotBeRead() {
    OnnxGraph graph = layer(inconvertible(counted(64, 64)));
    assertThatThrownBy(() -> graph.write(folder.resolve("graph")))
        .isInstanceOf(IllegalStateException.class);
    assertThat(folder).isEmptyDirectory();
  }

  private static OnnxGraph layer(StoredTensor weight) {
    OnnxOperators operators = new OnnxOperators(OnnxOptions.STANDARD);
    OnnxValue x = operators.input("x", 1, weight.shape().dim(1));
    OnnxValue y = operators.linear(x, operators.prepare(parameters(weight)));
    return operators.graph("g", Map.of("y", y));
  }

  /** As it is stored, a tensor that cannot be had as floats. */
  private static StoredTensor inconvertible(StoredTensor weight) {
    return new StoredTensor() {
      @Override
      public String name() {
        return weight.name();
      }

      @Override
      public DType dtype() {
        return weight.dtype();
      }

      @Override
      public Shape shape() {
        return weight.shape();
      }

      @Override
      public ByteBuffer bytes() {
        return weight.bytes();
      }

      @Override
      public void copyTo(int start, float[] destination, int offset, int count) {
        throw new IllegalStateException("closed");
      }
    };
  }

  @Test
  void theSourceIsThatOfTheStoredWeightsWhichAreNotConverted() {
    OnnxGraph graph = layer(counted(64, 64));
    assertThat(layer(inconvertible(counted(64, 64))).source()).isEqualTo(graph.source());
    StoredTensor changed = counted(64, 64);
    Tensor values = changed.toTensor();
    values.data()[4095] += 1;
    assertThat(layer(MemoryTensor.of("weight", values)).source()).isNotEqualTo(graph.source());
    // Bits that are the same in another type are other values.
    assertThat(layer(MemoryTensor.of("weight", Tensor.zeros(64, 64), DType.F16)).source())
        .isNotEqualTo(layer(MemoryTensor.of("weight", Tensor.zeros(64, 64), DType.BF16)).source());
    // The same weights in another place of the graph.
    assertThat(layers().source()).isNotEqualTo(layer(counted(33, 33)).source());
  }

  @Test
  void saysWhereItCannotBeWritten() throws IOException {
    Path file = Files.createFile(folder.resolve("taken"));
    assertThatThrownBy(() -> layers().write(file))
        .isInstanceOf(OutputException.class)
        .hasMessageContaining("taken");
  }
}
