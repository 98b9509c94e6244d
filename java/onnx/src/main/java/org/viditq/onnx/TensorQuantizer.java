package org.viditq.onnx;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.viditq.core.tensor.Shape;

/** Quantizes each value once, however many layers take it: one scale for the whole tensor. */
final class TensorQuantizer {
  private final GraphRecorder recorder;
  private final Map<OnnxValue, Quantized> done = new IdentityHashMap<>();

  TensorQuantizer(GraphRecorder recorder) {
    this.recorder = recorder;
  }

  /**
   * @param codes uint8
   * @param scale float32, a scalar
   * @param zeroPoint uint8, a scalar
   */
  record Quantized(OnnxValue codes, OnnxValue scale, OnnxValue zeroPoint) {}

  Quantized quantize(OnnxValue x) {
    return done.computeIfAbsent(x, this::record);
  }

  private Quantized record(OnnxValue x) {
    List<OnnxValue> results =
        recorder
            .node("DynamicQuantizeLinear")
            .inputs(x)
            .results(
                List.of(ElementType.UINT8, ElementType.FLOAT, ElementType.UINT8),
                List.of(x.shape(), Shape.of(), Shape.of()));
    return new Quantized(results.get(0), results.get(1), results.get(2));
  }
}
