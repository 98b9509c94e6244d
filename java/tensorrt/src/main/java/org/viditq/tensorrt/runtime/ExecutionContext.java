package org.viditq.tensorrt.runtime;

import org.viditq.core.tensor.Shape;

/** What executes an engine, with shapes and addresses of its own. */
public interface ExecutionContext extends AutoCloseable {
  /**
   * Chooses the shape of an input. The first {@link #enqueue} after a change cannot be captured.
   *
   * @throws org.viditq.core.error.ShapeException if the profile does not hold it
   */
  void setShape(String input, Shape shape);

  /** The shape of a tensor, when the shapes of all inputs are chosen. */
  Shape shape(String tensor);

  /**
   * Says where a tensor lies.
   *
   * @param offset multiple of {@link DeviceRuntime#ALIGNMENT}
   */
  void bind(String tensor, DeviceBuffer buffer, long offset);

  /**
   * Puts one execution into a stream: inputs are read and outputs are written when it comes to it.
   *
   * @throws org.viditq.core.error.BackendException if TensorRT refuses it
   */
  void enqueue(DeviceStream stream);

  /** Frees it; executions must have ended. */
  @Override
  void close();
}
