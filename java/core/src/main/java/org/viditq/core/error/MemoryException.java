package org.viditq.core.error;

/** The work needs more memory than this process can have; found out before it begins. */
public class MemoryException extends ViditqException {
  public MemoryException(String message) {
    super(message);
  }
}
