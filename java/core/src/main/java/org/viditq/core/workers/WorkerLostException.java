package org.viditq.core.workers;

import java.io.IOException;

/** A worker that ended while it was wanted. */
public final class WorkerLostException extends IOException {
  private static final long serialVersionUID = 1;

  /**
   * @param how it ended, a clause
   */
  public WorkerLostException(String how) {
    super(how);
  }
}
