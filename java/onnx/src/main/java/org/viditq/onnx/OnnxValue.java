package org.viditq.onnx;

import org.viditq.core.tensor.Shape;

/** A value of a recorded graph: an input, a variable, a constant, or a result of a node. */
public final class OnnxValue {
  private final GraphRecorder recorder;
  private final int serial;
  private final String name;
  private final ElementType type;
  private final Shape shape;
  private final Origin origin;

  /** Where a value comes from. */
  sealed interface Origin {
    /** Fed when the graph is run. */
    record Input() implements Origin {}

    /** Given anew to the body of a loop in each iteration. */
    record Variable() implements Origin {}

    /** Stored with the graph. */
    record Constant(ConstantData data) implements Origin {}

    /** Computed. */
    record Result(OnnxNode node) implements Origin {}
  }

  OnnxValue(
      GraphRecorder recorder,
      int serial,
      String name,
      ElementType type,
      Shape shape,
      Origin origin) {
    this.recorder = recorder;
    this.serial = serial;
    this.name = name;
    this.type = type;
    this.shape = shape;
    this.origin = origin;
  }

  /** Its name in the graph. */
  public String name() {
    return name;
  }

  public Shape shape() {
    return shape;
  }

  ElementType type() {
    return type;
  }

  Origin origin() {
    return origin;
  }

  /** Position in the order of recording. */
  int serial() {
    return serial;
  }

  GraphRecorder recorder() {
    return recorder;
  }

  @Override
  public String toString() {
    return name + shape;
  }
}
