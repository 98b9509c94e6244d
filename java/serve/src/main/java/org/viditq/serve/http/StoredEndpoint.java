package org.viditq.serve.http;

import io.javalin.http.Context;
import org.viditq.serve.error.ApiException;

/** Pictures that were asked for as addresses: {@code GET /results/ID}. */
final class StoredEndpoint {
  static final String PREFIX = "/results/";

  private final ResultStore store;

  StoredEndpoint(ResultStore store) {
    this.store = store;
  }

  void get(Context context) {
    ResultStore.Stored file =
        store
            .find(context.pathParam("id"))
            .orElseThrow(
                () ->
                    ApiException.notFound(
                        "There is no such result, or no longer; ask for the picture again."));
    Binary.send(context, file);
  }
}
