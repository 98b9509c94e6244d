package org.viditq.core.error;

/**
 * A weight, statistics or quantized checkpoint file is damaged, lies about itself, or lacks a
 * tensor.
 */
public class InvalidCheckpointException extends ViditqException {
  public InvalidCheckpointException(String message) {
    super(message);
  }

  public InvalidCheckpointException(String message, Throwable cause) {
    super(message, cause);
  }
}
