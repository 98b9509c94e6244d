package org.viditq.core.error;

/**
 * NaN or infinity met where quantization or loading requires finite numbers; the message names the
 * layer.
 */
public class NonFiniteException extends ViditqException {
  public NonFiniteException(String message) {
    super(message);
  }

  public NonFiniteException(String message, Throwable cause) {
    super(message, cause);
  }
}
