package org.viditq.quantize.apply;

/**
 * Told how far the application of a plan is: for progress bars, logs and cancellation by throwing.
 */
public interface QuantizationListener {
  /** Listens to nothing. */
  QuantizationListener NONE = new QuantizationListener() {};

  /**
   * Called before each layer is quantized, and once behind the last.
   *
   * @param plan name of the plan
   * @param done layers that are finished
   * @param total layers of the plan
   */
  default void quantizing(String plan, int done, int total) {}

  /**
   * Called before the calibration inputs go through the quantized model, for plans with static
   * grids.
   *
   * @param plan name of the plan
   */
  default void calibratingStaticGrids(String plan) {}
}
