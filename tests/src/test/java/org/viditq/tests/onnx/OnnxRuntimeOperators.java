package org.viditq.tests.onnx;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.viditq.bench.onnxruntime.OnnxRuntimeModel;
import org.viditq.core.operators.AttentionPrecision;
import org.viditq.core.operators.ForwardingOperators;
import org.viditq.core.operators.PositionTable;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.OnnxGraph;
import org.viditq.onnx.OnnxOperators;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.OnnxOptions.AttentionForm;
import org.viditq.onnx.OnnxValue;

/**
 * Computes by emission: what is read is the output of the graph recorded so far, run by ONNX
 * Runtime. Tensors become inputs of the graph, not constants, lest ONNX Runtime fold it all before
 * it runs.
 */
final class OnnxRuntimeOperators extends ForwardingOperators<OnnxValue> {
  private final OnnxOperators operators;
  private final boolean wholeBiases;
  private final int threads;
  private final Map<OnnxValue, Tensor> inputs = new IdentityHashMap<>();
  private int graphs;

  OnnxRuntimeOperators(OnnxOptions options, int threads) {
    this(new OnnxOperators(options), options.attention() == AttentionForm.NODE, threads);
  }

  private OnnxRuntimeOperators(OnnxOperators operators, boolean wholeBiases, int threads) {
    super(operators);
    this.operators = operators;
    this.wholeBiases = wholeBiases;
    this.threads = threads;
  }

  /** ONNX Runtime's Attention repeats no bias over queries. */
  @Override
  public OnnxValue attention(
      OnnxValue q,
      OnnxValue k,
      OnnxValue v,
      int heads,
      float scale,
      Optional<OnnxValue> bias,
      AttentionPrecision precision) {
    return super.attention(
        q,
        k,
        v,
        heads,
        scale,
        wholeBiases
            ? bias.map(b -> broadcast(b, shape(q).dim(0), heads, shape(q).dim(1), shape(k).dim(1)))
            : bias,
        precision);
  }

  @Override
  public OnnxValue constant(Tensor tensor) {
    OnnxValue input = operators.input("input" + inputs.size(), tensor.shape().toArray());
    inputs.put(input, tensor);
    return input;
  }

  @Override
  public OnnxValue table(PositionTable table) {
    return constant(table.tensor());
  }

  /** What is read is computed, which is at once for whoever asks. */
  @Override
  public boolean computesAtOnce() {
    return true;
  }

  @Override
  public Tensor read(OnnxValue value) {
    if (inputs.containsKey(value)) {
      return inputs.get(value);
    }
    OnnxGraph graph = operators.graph("read", Map.of("output" + graphs++, value));
    try (OnnxRuntimeModel model = OnnxRuntimeModel.of(value.toString(), graph, threads)) {
      return model.run(
          graph.inputs().stream().collect(Collectors.toMap(OnnxValue::name, inputs::get)));
    }
  }
}
