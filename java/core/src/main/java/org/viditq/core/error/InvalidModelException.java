package org.viditq.core.error;

/**
 * A model folder or its configuration names something that does not exist or that is not supported.
 */
public class InvalidModelException extends ViditqException {
  public InvalidModelException(String message) {
    super(message);
  }

  public InvalidModelException(String message, Throwable cause) {
    super(message, cause);
  }
}
