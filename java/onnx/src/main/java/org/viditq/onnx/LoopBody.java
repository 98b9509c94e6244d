package org.viditq.onnx;

import java.util.ArrayList;
import java.util.List;
import org.viditq.core.tensor.Shape;

/**
 * What a loop does in each iteration. The body is no recording of its own: nodes that depend on a
 * variable are of it, all others stay outside and are computed once.
 *
 * @param variables number of the iteration, condition, and what is carried from one to the next
 * @param results condition and what is carried, in the same order; each by a node of the body
 */
record LoopBody(List<OnnxValue> variables, List<OnnxValue> results) {
  private static final String OPERATOR = "Loop";

  LoopBody {
    variables = List.copyOf(variables);
    results = List.copyOf(results);
  }

  /** One iteration. */
  @FunctionalInterface
  interface Iteration {
    /**
     * @param index int64 of rank 0, from 0 on
     * @param carried as the iteration before has left them
     * @return as many of the same types and shapes
     */
    List<OnnxValue> next(OnnxValue index, List<OnnxValue> carried);
  }

  /**
   * Records a loop of a fixed number of iterations, which no other loop is in.
   *
   * @param first what the first iteration is given
   * @return what the last iteration has left
   */
  static List<OnnxValue> loop(
      GraphRecorder recorder, int iterations, List<OnnxValue> first, Iteration iteration) {
    OnnxValue index = recorder.variable("iteration", ElementType.INT64, Shape.of());
    OnnxValue condition = recorder.variable("condition", ElementType.BOOL, Shape.of());
    List<OnnxValue> carried =
        first.stream()
            .map(value -> recorder.variable("carried", value.type(), value.shape()))
            .toList();
    List<OnnxValue> variables = new ArrayList<>(List.of(index, condition));
    variables.addAll(carried);
    List<OnnxValue> results = new ArrayList<>();
    OnnxValue yes = recorder.constant("true", IntegerConstant.scalar(ElementType.BOOL, 1));
    // What leaves the body must be computed in it, be it by nothing.
    results.add(identity(recorder, yes));
    iteration.next(index, carried).forEach(value -> results.add(identity(recorder, value)));
    return recorder
        .node(OPERATOR)
        .inputs(recorder.index(iterations))
        .withoutInput()
        .inputs(first)
        .body(new LoopBody(variables, results))
        .results(
            first.stream().map(OnnxValue::type).toList(),
            first.stream().map(OnnxValue::shape).toList());
  }

  private static OnnxValue identity(GraphRecorder recorder, OnnxValue value) {
    return recorder.node("Identity").inputs(value).result(value.type(), value.shape());
  }

  int size() {
    return results.size();
  }
}
