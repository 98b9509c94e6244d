package org.viditq.serve.error;

import java.util.Optional;
import java.util.OptionalInt;
import org.viditq.core.error.MemoryException;
import org.viditq.core.error.ShapeException;
import org.viditq.core.error.UsageException;
import org.viditq.core.error.ViditqException;

/** A request that is answered with an error: one sentence, and what OpenAI's error form adds. */
public final class ApiException extends ViditqException {
  private static final String INVALID = "invalid_request_error";
  private static final String SERVER = "server_error";

  private final int status;
  private final String type;
  private final String param;
  private final String code;
  private final OptionalInt retryAfter;

  private ApiException(
      int status, String type, String param, String code, OptionalInt retryAfter, String sentence) {
    super(sentence);
    this.status = status;
    this.type = type;
    this.param = param;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  private static ApiException of(
      int status, String type, String param, String code, String sentence) {
    return new ApiException(status, type, param, code, OptionalInt.empty(), sentence);
  }

  /** A request that is wrong as a whole. */
  public static ApiException invalid(String sentence) {
    return of(400, INVALID, null, "invalid_request", sentence);
  }

  /** A field whose value is wrong. */
  public static ApiException invalid(String param, String sentence) {
    return of(400, INVALID, param, "invalid_value", sentence);
  }

  /** A field that must be there. */
  public static ApiException missing(String param, String sentence) {
    return of(400, INVALID, param, "missing_required_parameter", sentence);
  }

  /** A field that is not known. */
  public static ApiException unknown(String param, String sentence) {
    return of(400, INVALID, param, "unknown_parameter", sentence);
  }

  public static ApiException unauthorized(String sentence) {
    return of(401, INVALID, null, "invalid_api_key", sentence);
  }

  /** A request that a web page of others has made. */
  public static ApiException forbidden(String sentence) {
    return of(403, INVALID, null, "forbidden_origin", sentence);
  }

  public static ApiException modelNotFound(String sentence) {
    return of(404, INVALID, "model", "model_not_found", sentence);
  }

  public static ApiException notFound(String sentence) {
    return of(404, INVALID, null, "not_found", sentence);
  }

  /** Another method than the path knows. */
  public static ApiException wrongMethod(String sentence) {
    return of(405, INVALID, null, "method_not_allowed", sentence);
  }

  /** A result that does not exist yet. */
  public static ApiException conflict(String sentence) {
    return of(409, INVALID, null, "not_ready", sentence);
  }

  public static ApiException tooLarge(String sentence) {
    return of(413, INVALID, null, "request_too_large", sentence);
  }

  public static ApiException wrongMediaType(String sentence) {
    return of(415, INVALID, null, "unsupported_media_type", sentence);
  }

  /**
   * No room for more work now.
   *
   * @param seconds after which to try again
   */
  public static ApiException overloaded(int seconds, String sentence) {
    return new ApiException(
        429, "rate_limit_error", null, "queue_full", OptionalInt.of(seconds), sentence);
  }

  /** The server is ending. */
  public static ApiException draining() {
    return of(
        503,
        SERVER,
        null,
        "shutting_down",
        "The server is shutting down and takes no new requests; ask another one.");
  }

  public static ApiException deadline(long seconds) {
    return of(
        504,
        SERVER,
        null,
        "deadline_exceeded",
        "The request was not done within "
            + seconds
            + " seconds; ask for fewer steps or a smaller size, or raise the server's --deadline.");
  }

  /** The client has gone away, or its clip was deleted: nobody reads this. */
  public static ApiException abandoned() {
    return of(499, INVALID, null, "abandoned", "The client has gone away.");
  }

  /** What a failure is to a client; nothing of an internal one but that it happened. */
  public static ApiException of(Throwable failure) {
    if (failure instanceof ApiException itself) {
      return itself;
    }
    if (failure instanceof MemoryException) {
      return of(400, INVALID, null, "insufficient_memory", failure.getMessage());
    }
    if (failure instanceof UsageException || failure instanceof ShapeException) {
      return of(400, INVALID, null, "invalid_value", failure.getMessage());
    }
    if (failure instanceof ViditqException && failure.getMessage() != null) {
      return of(500, SERVER, null, kind(failure), failure.getMessage());
    }
    if (failure instanceof OutOfMemoryError) {
      return of(
          500,
          SERVER,
          null,
          "out_of_memory",
          "The server has too little memory for this; ask for a smaller size.");
    }
    return of(
        500,
        SERVER,
        null,
        "internal_error",
        "The server failed over this request; its log says more.");
  }

  /** {@code NonFiniteException} is {@code non_finite}. */
  private static String kind(Throwable failure) {
    return failure
        .getClass()
        .getSimpleName()
        .replaceAll("Exception$", "")
        .replaceAll("(?<=[a-z])(?=[A-Z])", "_")
        .toLowerCase(java.util.Locale.ROOT);
  }

  public int status() {
    return status;
  }

  public String type() {
    return type;
  }

  /** The field that is wrong, if it is one. */
  public Optional<String> param() {
    return Optional.ofNullable(param);
  }

  /** What is wrong, for programs. */
  public String code() {
    return code;
  }

  /** Seconds after which to try again. */
  public OptionalInt retryAfter() {
    return retryAfter;
  }

  /** Whether the server is to blame. */
  public boolean isServerError() {
    return status >= 500;
  }
}
