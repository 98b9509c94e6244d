package org.viditq.serve.http;

/** What the page may do: run its own code and show its own pictures, and talk to this server. */
final class PagePolicy {
  static final String HEADER =
      "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline';"
          + " img-src 'self' data: blob:; media-src 'self' data: blob:; connect-src 'self';"
          + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private PagePolicy() {}
}
