package org.viditq.onnx;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.UsageException;
import org.viditq.core.tensor.Shape;
import org.viditq.core.tensor.Tensor;

/**
 * Makes the values of one recording and names them. What is recorded hangs together by the values
 * alone: what nothing refers to any more is garbage.
 */
final class GraphRecorder {
  private final ElementType real;
  private final Set<String> names = new HashSet<>();
  private final Map<String, Integer> copies = new HashMap<>();
  private int serial;
  private boolean closed;

  /** Of float32 values. */
  GraphRecorder() {
    this(ElementType.FLOAT);
  }

  /**
   * @param real the type of what is computed, unless somebody says otherwise
   */
  GraphRecorder(ElementType real) {
    this.real = real;
  }

  ElementType real() {
    return real;
  }

  /**
   * @throws UsageException if the name is taken
   */
  OnnxValue input(String name, ElementType type, Shape shape) {
    requireOpen();
    claim(name, "input");
    return value(name, type, shape, new OnnxValue.Origin.Input());
  }

  /** What the body of a loop is given in each iteration. */
  OnnxValue variable(String name, ElementType type, Shape shape) {
    requireOpen();
    return value(unique(name), type, shape, new OnnxValue.Origin.Variable());
  }

  OnnxValue constant(Tensor tensor) {
    return constant(tensor, real);
  }

  /** A tensor rounded to a type. */
  OnnxValue constant(Tensor tensor, ElementType type) {
    return constant("constant", new TensorConstant(tensor, type));
  }

  OnnxValue scalar(float value) {
    return constant(Tensor.full(value));
  }

  /** For an operation on values of that type. */
  OnnxValue scalar(float value, ElementType type) {
    return constant(Tensor.full(value), type);
  }

  /** An int64 of rank 0. */
  OnnxValue index(int value) {
    return constant("index", IntegerConstant.scalar(ElementType.INT64, value));
  }

  /** A list of int64. */
  OnnxValue indices(int... values) {
    return constant("indices", IntegerConstant.of(ElementType.INT64, values));
  }

  OnnxValue constant(String name, ConstantData data) {
    requireOpen();
    return value(unique(name), data.type(), data.shape(), new OnnxValue.Origin.Constant(data));
  }

  /**
   * A value under a name of its own.
   *
   * @throws UsageException if the name is taken
   */
  OnnxValue output(String name, OnnxValue value) {
    requireOpen();
    requireOwn(value);
    claim(name, "output");
    return new NodeBuilder(this, "", "Identity").inputs(value).named(name, value);
  }

  /** Begins a node of ONNX's own operators. */
  NodeBuilder node(String operator) {
    return node("", operator);
  }

  /** Begins a node of another domain's operators. */
  NodeBuilder node(String domain, String operator) {
    requireOpen();
    return new NodeBuilder(this, domain, operator);
  }

  OnnxValue value(String name, ElementType type, Shape shape, OnnxValue.Origin origin) {
    return new OnnxValue(this, nextSerial(), name, type, shape, origin);
  }

  int nextSerial() {
    return serial++;
  }

  private void claim(String name, String what) {
    if (name.isEmpty() || !names.add(name)) {
      throw new UsageException(
          "The " + what + " \"" + name + "\" of the ONNX graph needs a name of its own.");
    }
  }

  /** {@code name} itself, or the name with a number behind it where it is taken. */
  String unique(String name) {
    if (names.add(name)) {
      return name;
    }
    String candidate;
    do {
      candidate = name + "_" + copies.merge(name, 1, Integer::sum);
    } while (!names.add(candidate));
    return candidate;
  }

  /**
   * @throws BackendException if the value was recorded by somebody else
   */
  void requireOwn(OnnxValue value) {
    if (value.recorder() != this) {
      throw new BackendException(
          "Value " + value + " belongs to another ONNX graph than the one being recorded.");
    }
  }

  void requireOpen() {
    if (closed) {
      throw new BackendException("This ONNX graph is closed; nothing more can be recorded.");
    }
  }

  void close() {
    closed = true;
  }
}
