package org.viditq.serve.error;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Errors in the JSON form of OpenAI's API. */
public final class ErrorBody {
  private ErrorBody() {}

  /** {@code {"error": {"message", "type", "param", "code"}}}. */
  public static ObjectNode of(ApiException failure) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.set("error", error(failure));
    return root;
  }

  /** What stands behind {@code error}. */
  public static ObjectNode error(ApiException failure) {
    ObjectNode error = JsonNodeFactory.instance.objectNode();
    error.put("message", failure.getMessage());
    error.put("type", failure.type());
    error.put("param", failure.param().orElse(null));
    error.put("code", failure.code());
    return error;
  }
}
