package org.viditq.verify;

import java.util.List;

/** What became of all cases of a folder on one backend. */
public record VerifyReport(String backend, List<CaseResult> cases) {
  public VerifyReport {
    cases = List.copyOf(cases);
  }

  public long count(CaseResult.Status status) {
    return cases.stream().filter(result -> result.status() == status).count();
  }

  public boolean successful(boolean allowMissing) {
    return count(CaseResult.Status.FAIL) == 0
        && (allowMissing || count(CaseResult.Status.MISSING) == 0);
  }
}
