package org.viditq.core.error;

/** A result cannot be written. */
public class OutputException extends ViditqException {
  public OutputException(String message) {
    super(message);
  }

  public OutputException(String message, Throwable cause) {
    super(message, cause);
  }
}
