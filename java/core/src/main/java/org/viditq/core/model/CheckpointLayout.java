package org.viditq.core.model;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.viditq.core.checkpoint.Checkpoint;
import org.viditq.core.diffusers.JsonConfig;
import org.viditq.core.operators.Convolution;
import org.viditq.core.operators.ConvolutionParameters;
import org.viditq.core.operators.Linear;
import org.viditq.core.operators.LinearParameters;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Shape;

/**
 * Holds the names and shapes of a checkpoint against what its model asks for, before any work is
 * done: the model is prepared on operators that compute nothing. Contents of layers are not read.
 */
public final class CheckpointLayout {
  private static final Object NO_VALUE = new Object();

  private CheckpointLayout() {}

  /**
   * @param config what the model was built from, for messages
   * @param weights in full precision
   * @throws org.viditq.core.error.InvalidCheckpointException naming a missing or misshaped tensor
   * @throws org.viditq.core.error.InvalidModelException naming a tensor that the model does not
   *     have, see {@link UnusedTensors}
   */
  public static void require(DenoiserModel model, JsonConfig config, Checkpoint weights) {
    require(model, config, CheckpointParameters.unscanned(weights), weights.source());
  }

  /**
   * As {@link #require(DenoiserModel, JsonConfig, Checkpoint)}, for weights in any form.
   *
   * @param source where they are, for messages
   */
  public static void require(
      DenoiserModel model, JsonConfig config, Parameters parameters, String source) {
    model.prepare(parameters, nothing());
    UnusedTensors.require(parameters.unused(), source, config);
  }

  @SuppressWarnings("unchecked") // Values of these operators are never looked at.
  private static Operators<Object> nothing() {
    return (Operators<Object>)
        Proxy.newProxyInstance(
            CheckpointLayout.class.getClassLoader(),
            new Class<?>[] {Operators.class},
            (proxy, method, arguments) -> result(method, arguments));
  }

  private static Object result(Method method, Object[] arguments) {
    Class<?> type = method.getReturnType();
    if (type == Linear.class) {
      LinearParameters parameters = (LinearParameters) arguments[0];
      return (Linear) () -> parameters;
    }
    if (type == Convolution.class) {
      ConvolutionParameters parameters = (ConvolutionParameters) arguments[0];
      return (Convolution) () -> parameters;
    }
    if (type == boolean.class) {
      return false;
    }
    if (type == Shape.class) {
      return Shape.of(1);
    }
    return type == Object.class ? NO_VALUE : null;
  }
}
