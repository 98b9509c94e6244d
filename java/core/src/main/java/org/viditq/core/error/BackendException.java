package org.viditq.core.error;

/** A backend is unknown, cannot be loaded on this machine, or lacks an operator. */
public class BackendException extends ViditqException {
  public BackendException(String message) {
    super(message);
  }

  public BackendException(String message, Throwable cause) {
    super(message, cause);
  }
}
