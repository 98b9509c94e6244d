package org.viditq.serve.http;

import io.javalin.http.Context;
import java.io.IOException;
import java.util.Locale;
import org.viditq.serve.error.ApiException;
import org.viditq.serve.json.Fields;

/** Bodies of requests, read to their end within bounds. */
final class RequestBody {
  private static final String JSON = "application/json";
  private static final String FORM = "multipart/form-data";
  private static final String URL_FORM = "application/x-www-form-urlencoded";

  private RequestBody() {}

  /**
   * The fields of a JSON body. What says of itself that it is another type is refused, so that no
   * web page can send it without asking first.
   */
  static Fields json(Context context, int limit) {
    requireType(context, JSON);
    byte[] body = read(context, limit);
    return Fields.ofJson(body);
  }

  /** The same, or the text fields of a form, as OpenAI's clients send them for clips. */
  static Fields jsonOrForm(Context context, int limit) {
    String type = type(context);
    if (!type.startsWith(FORM)) {
      return json(context, limit);
    }
    return Fields.ofForm(MultipartForm.parse(read(context, limit), context.contentType()));
  }

  private static String type(Context context) {
    String type = context.contentType();
    return type == null ? "" : type.strip().toLowerCase(Locale.ROOT);
  }

  private static void requireType(Context context, String expected) {
    String type = type(context);
    // curl -d says that it sends a form.
    if (!type.isEmpty() && !type.startsWith(expected) && !type.startsWith(URL_FORM)) {
      throw ApiException.wrongMediaType(
          "The body is of another type than JSON; send it with 'Content-Type: " + JSON + "'.");
    }
  }

  private static byte[] read(Context context, int limit) {
    byte[] body;
    try {
      body = context.req().getInputStream().readNBytes(limit + 1);
    } catch (IOException gone) {
      throw ApiException.invalid("The body did not arrive as announced; send it again.");
    }
    if (body.length > limit) {
      throw ApiException.tooLarge(
          "The body has more than the " + limit + " bytes that this server takes.");
    }
    WatchedConnection.of(context.req()).received();
    return body;
  }
}
