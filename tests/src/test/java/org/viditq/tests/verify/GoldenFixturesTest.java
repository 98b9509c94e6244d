package org.viditq.tests.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.viditq.core.operators.Backend;
import org.viditq.core.operators.Backends;
import org.viditq.cpp.InstructionSet;
import org.viditq.verify.CaseResult;
import org.viditq.verify.CaseResult.Status;
import org.viditq.verify.Verifier;
import org.viditq.verify.runner.CaseRunners;

/**
 * Holds every backend that can run here to every golden case: a new backend or a new case needs no
 * new test. A case that nothing computes fails. The native backend computes all that the reference
 * does, on every instruction set and 1, 2 and 3 threads.
 */
class GoldenFixturesTest {
  static final Path FIXTURES = Path.of("fixtures");
  static final Path SAMPLE_MODEL = Path.of("..", "samples", "pixart-mini");

  /** The backend that all others are compared with; it must pass every case. */
  private static final String JUDGE = "reference";

  private static final String NATIVE = "native";
  private static final int THREADS = 2;

  @TestFactory
  Stream<DynamicNode> everyCaseOnEveryBackend() {
    return Backends.all().stream()
        .filter(Backend::computesAtOnce)
        .filter(backend -> backend.unavailable().isEmpty())
        .map(backend -> casesOn(backend.name(), backend, index -> THREADS));
  }

  /**
   * Alternately alone and on three threads, so that each case has both, and so has each instruction
   * set; two threads: everyCaseOnEveryBackend. All three at once, instruction set by number of
   * threads by shape, are {@code NativeShapesTest} and {@code NativeDeployedCodesTest}.
   */
  @TestFactory
  @Tag("slow")
  Stream<DynamicNode> everyCaseOnEveryInstructionSetAndNumberOfThreads() {
    List<InstructionSet> sets = InstructionSet.supported();
    return sets.stream()
        .map(
            isa ->
                casesOn(
                    isa.toString(),
                    new NativeOn(isa),
                    index -> (index + sets.indexOf(isa)) % 2 == 0 ? 1 : 3));
  }

  @Test
  void referenceAndNativeAreAmongTheBackends() {
    assertThat(Backends.all()).extracting(Backend::name).contains(JUDGE, NATIVE);
  }

  /**
   * @param threads by the index of the case
   */
  private static DynamicNode casesOn(String title, Backend backend, IntUnaryOperator threads) {
    CaseRunners runners = CaseRunners.standard(SAMPLE_MODEL);
    List<Path> files = caseFiles();
    return DynamicContainer.dynamicContainer(
        title,
        IntStream.range(0, files.size())
            .mapToObj(
                index ->
                    caseOn(
                        title,
                        files.get(index),
                        backend,
                        new Verifier(backend, threads.applyAsInt(index), runners))));
  }

  private static DynamicTest caseOn(String title, Path file, Backend backend, Verifier verifier) {
    return DynamicTest.dynamicTest(
        FIXTURES.relativize(file).toString(),
        () -> requirePass(title, backend, file, verifier.verifyCase(file)));
  }

  private static void requirePass(String title, Backend backend, Path file, CaseResult result) {
    if (result.status() == Status.MISSING && mayLack(backend, file)) {
      // Shown as skipped, with the reason, not as passed.
      assumeThat(result.status())
          .as("%s: %s", result.file(), result.message())
          .isNotEqualTo(Status.MISSING);
    }
    assertThat(result.status())
        .as("%s, %s %s: %s", title, result.op(), result.name(), result)
        .isEqualTo(Status.PASS);
  }

  /** A new backend may lack operators; the native one only what the judge lacks as well. */
  private static boolean mayLack(Backend backend, Path file) {
    return switch (backend.name()) {
      case JUDGE -> false;
      case NATIVE -> verdictOfTheJudge(file) == Status.MISSING;
      default -> true;
    };
  }

  private static Status verdictOfTheJudge(Path file) {
    return new Verifier(Backends.find(JUDGE), THREADS, CaseRunners.standard(SAMPLE_MODEL))
        .verifyCase(file)
        .status();
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
