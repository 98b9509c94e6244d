package org.viditq.bench.serve;

import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The requests of a load: prompts and sizes take turns, every request has a seed of its own, and
 * some clients go away before they have an answer.
 *
 * @param sizes as the server takes them: {@code WIDTHxHEIGHT}, or {@code auto}
 * @param steps of sampling
 * @param leaving part of the requests whose client goes away, spread evenly
 */
record RequestMix(List<String> sizes, int steps, double leaving) {
  private static final List<String> PROMPTS =
      List.of(
          "a red ring on a gray background",
          "a blue star",
          "a green square on a white background",
          "a yellow circle");

  /** Longest that a client which goes away has waited. */
  private static final long MOST_PATIENCE_MILLISECONDS = 500;

  /** Spreads the waiting times of clients that go away over the whole of them. */
  private static final long STRIDE = 193;

  /** How many requests it takes until every prompt was there in every size. */
  int period() {
    return sizes.size() * PROMPTS.size();
  }

  String prompt(int request) {
    return PROMPTS.get(request / sizes.size() % PROMPTS.size());
  }

  String size(int request) {
    return sizes.get(request % sizes.size());
  }

  /** The JSON of a request. */
  String body(int request) {
    return "{\"prompt\":\""
        + prompt(request)
        + "\",\"seed\":"
        + request
        + ",\"steps\":"
        + steps
        + ",\"size\":\""
        + size(request)
        + "\"}";
  }

  /** Whether its client goes away. */
  boolean leaves(int request) {
    return Math.floor((request + 1) * leaving) > Math.floor(request * leaving);
  }

  /** How long a client that goes away has waited, nanoseconds. */
  long patience(int request) {
    return TimeUnit.MILLISECONDS.toNanos(request * STRIDE % MOST_PATIENCE_MILLISECONDS);
  }
}
