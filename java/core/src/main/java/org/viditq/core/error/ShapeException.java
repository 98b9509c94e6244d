package org.viditq.core.error;

/** Operands of an operator do not fit together; the message names the operator and the shapes. */
public class ShapeException extends ViditqException {
  public ShapeException(String message) {
    super(message);
  }

  public ShapeException(String message, Throwable cause) {
    super(message, cause);
  }
}
