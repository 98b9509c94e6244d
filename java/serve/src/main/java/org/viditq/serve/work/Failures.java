package org.viditq.serve.work;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.core.error.ViditqException;
import org.viditq.serve.error.ApiException;

/** Failures of work, as clients are told of them; what they are not told is in the log. */
final class Failures {
  private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

  private Failures() {}

  static ApiException of(Throwable cause) {
    ApiException told = ApiException.of(cause);
    if (told.isServerError()) {
      if (cause instanceof ViditqException) {
        LOG.warn("A request failed: {}", cause.getMessage());
      } else {
        LOG.error("A request failed: {}", cause.toString(), cause);
      }
    }
    return told;
  }
}
