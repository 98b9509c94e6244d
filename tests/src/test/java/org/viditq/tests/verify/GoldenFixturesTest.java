package org.viditq.tests.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.viditq.cli.verify.CaseResult;
import org.viditq.cli.verify.CaseResult.Status;
import org.viditq.cli.verify.Verifier;
import org.viditq.cli.verify.runner.CaseRunners;
import org.viditq.core.operators.Backend;
import org.viditq.core.operators.Backends;

/**
 * Holds every backend that can run here to every golden case: a new backend or a new case needs no
 * new test. A case that nothing computes fails.
 */
class GoldenFixturesTest {
  static final Path FIXTURES = Path.of("fixtures");
  static final Path SAMPLE_MODEL = Path.of("..", "samples", "pixart-mini");

  /** The backend that all others are compared with; it must pass every case. */
  private static final String JUDGE = "reference";

  @TestFactory
  Stream<DynamicNode> everyCaseOnEveryBackend() {
    return Backends.all().stream()
        .filter(backend -> backend.unavailable().isEmpty())
        .map(GoldenFixturesTest::casesOn);
  }

  @Test
  void referenceIsAmongTheBackends() {
    assertThat(Backends.all()).extracting(Backend::name).contains(JUDGE);
  }

  private static DynamicNode casesOn(Backend backend) {
    Verifier verifier = new Verifier(backend, 2, CaseRunners.standard(SAMPLE_MODEL));
    return DynamicContainer.dynamicContainer(
        backend.name(),
        caseFiles().stream()
            .map(
                file ->
                    DynamicTest.dynamicTest(
                        FIXTURES.relativize(file).toString(),
                        () -> requirePass(backend, verifier.verifyCase(file)))));
  }

  private static void requirePass(Backend backend, CaseResult result) {
    if (!backend.name().equals(JUDGE)) {
      // Another backend may lack operators: shown as skipped, with the reason, not as passed.
      assumeThat(result.status())
          .as("%s: %s", result.file(), result.message())
          .isNotEqualTo(Status.MISSING);
    }
    assertThat(result.status())
        .as("%s %s: %s", result.op(), result.name(), result)
        .isEqualTo(Status.PASS);
  }

  /** Found here anew, so that a case that the harness overlooks is missed. */
  private static List<Path> caseFiles() {
    try (Stream<Path> files = Files.walk(FIXTURES)) {
      return files
          .filter(file -> file.toString().matches(".*\\.safetensors|.*cases\\.json"))
          .sorted()
          .toList();
    } catch (IOException unreadable) {
      throw new java.io.UncheckedIOException(unreadable);
    }
  }
}
