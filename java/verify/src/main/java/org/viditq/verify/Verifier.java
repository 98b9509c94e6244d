package org.viditq.verify;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.core.operators.Backend;
import org.viditq.core.operators.Operators;
import org.viditq.verify.CaseResult.Status;
import org.viditq.verify.fixture.Comparison;
import org.viditq.verify.fixture.Difference;
import org.viditq.verify.fixture.FixtureCase;
import org.viditq.verify.fixture.FixtureReader;
import org.viditq.verify.fixture.TokenizerCases;
import org.viditq.verify.runner.CaseRunner;
import org.viditq.verify.runner.CaseRunners;
import org.viditq.verify.runner.Results;

/** Runs golden cases on one backend. */
public final class Verifier {
  private static final Logger LOG = LoggerFactory.getLogger(Verifier.class);

  private final Backend backend;
  private final int threads;
  private final CaseRunners runners;

  public Verifier(Backend backend, int threads, CaseRunners runners) {
    this.backend = backend;
    this.threads = threads;
    this.runners = runners;
  }

  /**
   * Runs every case of the folder, one after the other.
   *
   * @param listener told of each result as it comes
   * @throws org.viditq.core.error.UsageException if the folder does not exist or is empty
   */
  public VerifyReport verify(Path folder, Consumer<CaseResult> listener) {
    List<CaseResult> results = new ArrayList<>();
    for (Path file : FixtureFolder.cases(folder)) {
      CaseResult result = verifyCase(file);
      results.add(result);
      listener.accept(result);
    }
    return new VerifyReport(backend.name(), results);
  }

  /** Runs one case file; whatever goes wrong in it is a failed case, not an exception. */
  public CaseResult verifyCase(Path file) {
    boolean tokenizer = file.endsWith(FixtureFolder.TOKENIZER_CASES);
    try (FixtureCase fixture = tokenizer ? TokenizerCases.open(file) : FixtureReader.open(file)) {
      return verifyCase(fixture);
    } catch (Exception unreadable) {
      LOG.debug("Case {} cannot be read", file, unreadable);
      String[] name = file.getFileName().toString().replace(".safetensors", "").split("__", 2);
      return new CaseResult(
          file.getFileName().toString(),
          name[0],
          name[name.length - 1],
          "",
          Status.FAIL,
          Optional.empty(),
          Optional.of(describe(unreadable)));
    }
  }

  private CaseResult verifyCase(FixtureCase fixture) {
    Optional<CaseRunner> runner = runners.find(fixture);
    if (runner.isEmpty()) {
      return without(
          fixture, Status.MISSING, "nothing computes " + CaseRunners.key(fixture) + " yet");
    }
    // One set of operators per case: no case profits or suffers from what another one left behind.
    try (Operators<?> operators = backend.open(threads)) {
      if (!runner.get().supports(operators)) {
        return without(
            fixture, Status.MISSING, backend.name() + " does not implement " + fixture.op());
      }
      return compare(fixture, runner.get().run(fixture, operators));
    } catch (Exception | StackOverflowError | OutOfMemoryError | LinkageError failure) {
      LOG.debug("Case {} failed", fixture.file(), failure);
      return without(fixture, Status.FAIL, describe(failure));
    }
  }

  private static CaseResult compare(FixtureCase fixture, Results results) {
    List<Difference> differences = new ArrayList<>();
    fixture
        .expected()
        .forEach(
            (name, values) ->
                differences.add(
                    Comparison.compare(
                        name, values, results.get(name), fixture.tolerances().get(name))));
    Difference worst =
        differences.stream().max(Comparator.comparingDouble(Difference::severity)).orElseThrow();
    List<String> failed =
        differences.stream()
            .filter(difference -> !difference.pass())
            .map(difference -> difference.problem().orElse(difference.tensor() + " is off"))
            .toList();
    return result(
        fixture,
        failed.isEmpty() ? Status.PASS : Status.FAIL,
        Optional.of(worst),
        failed.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", failed)));
  }

  private static CaseResult without(FixtureCase fixture, Status status, String message) {
    return result(fixture, status, Optional.empty(), Optional.of(message));
  }

  private static CaseResult result(
      FixtureCase fixture, Status status, Optional<Difference> worst, Optional<String> message) {
    return new CaseResult(
        fixture.file().getFileName().toString(),
        fixture.op(),
        fixture.name(),
        fixture.source(),
        status,
        worst,
        message);
  }

  private static String describe(Throwable failure) {
    return failure instanceof org.viditq.core.error.ViditqException
        ? failure.getMessage()
        : failure.toString();
  }
}
