package org.viditq.core.error;

/**
 * The request itself is wrong (unknown option value, size not divisible by the patch): exit code 2.
 */
public class UsageException extends ViditqException {
  public UsageException(String message) {
    super(message);
  }

  public UsageException(String message, Throwable cause) {
    super(message, cause);
  }
}
