package org.viditq.api;

import org.viditq.core.error.ViditqException;

/** A generation has ended because its thread was interrupted; the thread still is. */
public final class CancelledException extends ViditqException {
  CancelledException(String message) {
    super(message);
  }
}
