package org.viditq.serve.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.viditq.serve.error.ApiException;
import org.viditq.serve.error.ErrorBody;

/** Errors that Jetty finds before any route does, in the same form as all others. */
final class PlainErrors extends ErrorHandler {
  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    int status = response.getStatus();
    String sentence =
        switch (status) {
          case 404 -> "There is nothing at this path.";
          case 408 -> "The request did not arrive in time; send it faster.";
          case 413 -> "The body is larger than this server takes.";
          case 414 -> "The address is longer than this server takes.";
          case 431 -> "The headers are larger than this server takes.";
          default ->
              status >= 500
                  ? "The server failed over this request; its log says more."
                  : "The request is malformed.";
        };
    ObjectNode body =
        ErrorBody.of(
            status == 404 ? ApiException.notFound(sentence) : ApiException.invalid(sentence));
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
    response.write(
        true, ByteBuffer.wrap(Json.text(body).getBytes(StandardCharsets.UTF_8)), callback);
    return true;
  }
}
