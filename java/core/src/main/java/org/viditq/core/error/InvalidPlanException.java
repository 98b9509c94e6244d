package org.viditq.core.error;

/** A quantization plan is malformed or contradicts itself or the model. */
public class InvalidPlanException extends ViditqException {
  public InvalidPlanException(String message) {
    super(message);
  }

  public InvalidPlanException(String message, Throwable cause) {
    super(message, cause);
  }
}
