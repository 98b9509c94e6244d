package org.viditq.tests.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.error.UsageException;
import org.viditq.core.operators.Backends;
import org.viditq.core.operators.Operators;
import org.viditq.core.tensor.Tensor;
import org.viditq.verify.CaseResult;
import org.viditq.verify.CaseResult.Status;
import org.viditq.verify.Verifier;
import org.viditq.verify.VerifyReport;
import org.viditq.verify.fixture.FixtureCase;
import org.viditq.verify.runner.CaseRunner;
import org.viditq.verify.runner.CaseRunners;
import org.viditq.verify.runner.Results;

/** The harness itself: what is wrong must be found, wherever it is planted. */
class VerifierTest {
  private static final int[] CODES = {0, 7, -3};

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void plant() throws IOException {
    file = new PlantedFixture().write(folder);
  }

  @Test
  void correctResultsPass() {
    CaseResult result = PlantedFixture.verify(file, PlantedFixture.correct());

    assertThat(result.status()).isEqualTo(Status.PASS);
    assertThat(result.worst().orElseThrow().maxAbs()).isZero();
  }

  @Test
  void errorsWithinToleranceAreReportedAndPass() {
    CaseResult result = PlantedFixture.verify(file, withOutput(1, -2, 0.00005f, 4));

    assertThat(result.status()).isEqualTo(Status.PASS);
    assertThat(result.worst().orElseThrow().tensor()).isEqualTo("output");
    assertThat(result.worst().orElseThrow().maxAbs()).isEqualTo(0.00005f);
    assertThat(result.worst().orElseThrow().maxRel()).isZero();
  }

  @Test
  void plantedWrongValueFails() {
    CaseResult result = PlantedFixture.verify(file, withOutput(1, -2, 0, 4.005f));

    assertThat(result.status()).isEqualTo(Status.FAIL);
    assertThat(result.worst().orElseThrow().tensor()).isEqualTo("output");
    assertThat(result.worst().orElseThrow().maxAbs()).isEqualTo(4.005f - 4.0);
    assertThat(result.worst().orElseThrow().maxRel()).isEqualTo((4.005f - 4.0) / 4);
  }

  @Test
  void absoluteToleranceAloneCountsWhereZeroIsExpected() {
    assertThat(PlantedFixture.verify(file, withOutput(1, -2, 0.0002f, 4)).status())
        .isEqualTo(Status.FAIL);
  }

  @Test
  void flippedIntegerFails() {
    Results results =
        new Results()
            .put("output", PlantedFixture.output(1, -2, 0, 4))
            .put("codes", new int[] {0, 7, -4}, 3);

    CaseResult result = PlantedFixture.verify(file, results);

    assertThat(result.status()).isEqualTo(Status.FAIL);
    assertThat(result.worst().orElseThrow().tensor()).isEqualTo("codes");
  }

  @Test
  void missingTensorFailsAndIsNamed() {
    Results results = new Results().put("output", PlantedFixture.output(1, -2, 0, 4));

    CaseResult result = PlantedFixture.verify(file, results);

    assertThat(result.status()).isEqualTo(Status.FAIL);
    assertThat(result.message().orElseThrow()).contains("codes").contains("not computed");
  }

  @Test
  void wrongShapeFails() {
    Results results =
        new Results()
            .put("output", Tensor.of(new float[] {1, -2, 0, 4}, 4))
            .put("codes", CODES.clone(), 3);

    CaseResult result = PlantedFixture.verify(file, results);

    assertThat(result.status()).isEqualTo(Status.FAIL);
    assertThat(result.message().orElseThrow())
        .contains("output")
        .contains("[4]")
        .contains("[2, 2]");
  }

  @Test
  void notANumberFails() {
    CaseResult result = PlantedFixture.verify(file, withOutput(1, Float.NaN, 0, 4));

    assertThat(result.status()).isEqualTo(Status.FAIL);
    assertThat(result.message().orElseThrow()).contains("NaN").contains("element 1");
  }

  @Test
  void infinityFails() {
    assertThat(PlantedFixture.verify(file, withOutput(1, Float.POSITIVE_INFINITY, 0, 4)).status())
        .isEqualTo(Status.FAIL);
  }

  @Test
  void floatsWhereIntegersAreExpectedFail() {
    Results results =
        new Results()
            .put("output", PlantedFixture.output(1, -2, 0, 4))
            .put("codes", Tensor.of(new float[] {0, 7, -3}, 3));

    assertThat(PlantedFixture.verify(file, results).status()).isEqualTo(Status.FAIL);
  }

  @Test
  void relativeNormLimitsWhatElementsAllow() throws IOException {
    Path strict = new PlantedFixture().with("rel_l2", "1e-5").write(folder);

    assertThat(PlantedFixture.verify(strict, withOutput(1.001f, -2, 0, 4)).status())
        .isEqualTo(Status.FAIL);
    assertThat(PlantedFixture.verify(strict, withOutput(1.00001f, -2, 0, 4)).status())
        .isEqualTo(Status.PASS);
  }

  @Test
  void mismatchesOfCodesAreCountedAndBounded() throws IOException {
    Path tolerant =
        new PlantedFixture()
            .with("tolerances", "{\"codes\":{\"max_abs\":1,\"max_mismatch_fraction\":0.34}}")
            .write(folder);

    assertThat(withCodes(tolerant, 1, 7, -3).status()).isEqualTo(Status.PASS);
    assertThat(withCodes(tolerant, 1, 6, -3).status()).isEqualTo(Status.FAIL);
    assertThat(withCodes(tolerant, 2, 7, -3).status()).isEqualTo(Status.FAIL);
  }

  @Test
  void throwingRunnerFailsWithItsMessage() {
    Verifier verifier =
        PlantedFixture.verifier(
            new CaseRunner() {
              @Override
              public <V> Results run(FixtureCase fixture, Operators<V> operators) {
                throw new IllegalStateException("the kernel stumbled");
              }
            });

    CaseResult result = verifier.verifyCase(file);

    assertThat(result.status()).isEqualTo(Status.FAIL);
    assertThat(result.message().orElseThrow()).contains("the kernel stumbled");
  }

  @Test
  void opWithoutRunnerIsMissingAndFailsTheRunUnlessAllowed() {
    Verifier verifier = new Verifier(Backends.find("reference"), 1, new CaseRunners(Map.of()));

    VerifyReport report = verifier.verify(folder, result -> {});

    assertThat(report.count(Status.MISSING)).isEqualTo(1);
    assertThat(report.successful(false)).isFalse();
    assertThat(report.successful(true)).isTrue();
  }

  @Test
  void opThatTheBackendLacksIsMissing() {
    Verifier verifier =
        PlantedFixture.verifier(
            new CaseRunner() {
              @Override
              public <V> Results run(FixtureCase fixture, Operators<V> operators) {
                return PlantedFixture.correct();
              }

              @Override
              public boolean supports(Operators<?> operators) {
                return false;
              }
            });

    assertThat(verifier.verifyCase(file).status()).isEqualTo(Status.MISSING);
  }

  @Test
  void damagedFileFailsAloneAndTheOthersAreStillRun() throws IOException {
    Files.write(folder.resolve("broken.op__torn.safetensors"), new byte[] {1, 2, 3});

    VerifyReport report =
        PlantedFixture.verifier(PlantedFixture.correct()).verify(folder, result -> {});

    assertThat(report.cases()).hasSize(2);
    assertThat(report.cases().get(0).status()).isEqualTo(Status.FAIL);
    assertThat(report.cases().get(0).op()).isEqualTo("broken.op");
    assertThat(report.cases().get(1).status()).isEqualTo(Status.PASS);
    assertThat(report.successful(true)).isFalse();
  }

  @Test
  void unknownAndEmptyFoldersAreRefused(@TempDir Path empty) {
    Verifier verifier = PlantedFixture.verifier(PlantedFixture.correct());

    assertThatThrownBy(() -> verifier.verify(folder.resolve("nowhere"), result -> {}))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("nowhere");
    assertThatThrownBy(() -> verifier.verify(empty, result -> {}))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("no fixture");
  }

  private static Results withOutput(float... values) {
    return new Results()
        .put("output", PlantedFixture.output(values))
        .put("codes", CODES.clone(), 3);
  }

  private static CaseResult withCodes(Path file, int... codes) {
    return PlantedFixture.verify(
        file,
        new Results().put("output", PlantedFixture.output(1, -2, 0, 4)).put("codes", codes, 3));
  }
}
