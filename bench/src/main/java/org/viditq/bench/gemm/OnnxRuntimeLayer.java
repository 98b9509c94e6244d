package org.viditq.bench.gemm;

import ai.onnxruntime.OnnxTensor;
import java.util.Map;
import org.viditq.bench.onnxruntime.OnnxRuntimeModel;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.OnnxGraph;
import org.viditq.onnx.OnnxOperators;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.OnnxOptions.LinearForm;
import org.viditq.onnx.OnnxValue;

/** A product of ONNX Runtime. */
final class OnnxRuntimeLayer implements Contender {
  private static final String INPUT = "x";

  private final String name;
  private final Tensor x;
  private final OnnxRuntimeModel model;
  private final OnnxTensor fed;

  OnnxRuntimeLayer(String name, Operands operands, LinearForm form, int threads) {
    this.name = name;
    x = operands.x();
    model = OnnxRuntimeModel.of(operands.shape().toString(), graph(operands, form), threads);
    fed = OnnxRuntimeModel.feed(x);
  }

  private static OnnxGraph graph(Operands operands, LinearForm form) {
    OnnxOptions options = new OnnxOptions(form, OnnxOptions.AttentionForm.ONNX_RUNTIME);
    try (OnnxOperators operators = new OnnxOperators(options)) {
      OnnxValue x = operators.input(INPUT, operands.shape().rows(), operands.shape().inner());
      OnnxValue y = operators.linear(x, operators.prepare(operands.dense()));
      return operators.graph("gemm", Map.of("y", y));
    }
  }

  @Override
  public String name() {
    return name;
  }

  /** The product, [rows, channels]; for tests. */
  float[] product() {
    return model.run(Map.of(INPUT, x)).data();
  }

  @Override
  public void run() {
    model.compute(Map.of(INPUT, fed));
  }

  @Override
  public void close() {
    fed.close();
    model.close();
  }
}
