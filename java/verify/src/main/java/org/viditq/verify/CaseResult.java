package org.viditq.verify;

import java.util.Optional;
import org.viditq.verify.fixture.Difference;

/**
 * What became of one case.
 *
 * @param file the file's name
 * @param op operator or model family
 * @param name case within the op
 * @param source the published code that the numbers come from; empty if the file is unreadable
 * @param status pass, fail or missing
 * @param worst the tensor furthest from its expectation; empty if nothing was computed
 * @param message why it failed beyond the numbers, or what is missing
 */
public record CaseResult(
    String file,
    String op,
    String name,
    String source,
    Status status,
    Optional<Difference> worst,
    Optional<String> message) {

  /** Outcome of a case. */
  public enum Status {
    PASS,
    FAIL,
    /** Nothing here computes this op. */
    MISSING;

    @Override
    public String toString() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }
}
