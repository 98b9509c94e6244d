package org.viditq.serve.http;

import io.javalin.http.Context;

/** Answers that are files. */
final class Binary {
  private Binary() {}

  static void send(Context context, ResultStore.Stored file) {
    // Javalin gives every answer a character set.
    context.res().setCharacterEncoding(null);
    context.res().setContentType(file.contentType());
    context.header("Cache-Control", "private, max-age=3600");
    context.result(file.bytes());
  }
}
