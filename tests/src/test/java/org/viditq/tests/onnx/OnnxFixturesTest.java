package org.viditq.tests.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.OnnxOptions.AttentionForm;
import org.viditq.onnx.OnnxOptions.LinearForm;
import org.viditq.verify.CaseResult;
import org.viditq.verify.CaseResult.Status;
import org.viditq.verify.Verifier;
import org.viditq.verify.runner.CaseRunners;

/** Emitted graphs of the models and their parts, run by ONNX Runtime, pass the golden cases. */
class OnnxFixturesTest {
  private static final Path FIXTURES = Path.of("fixtures");
  private static final Path SAMPLE_MODEL = Path.of("..", "samples", "pixart-mini");

  /** What backends compute, the opened-up integers of quantized layers aside. */
  private static final String COMPUTED =
      "(attention|caption_projection|mlp|model|patch_embed|t2i_modulate|t5\\.encoder"
          + "|timestep|unpatchify|vae).*\\.safetensors";

  private static final String WITH_ATTENTION = "(attention|model\\.pixart).*";

  @TestFactory
  Stream<DynamicTest> everyCase() {
    return tests(OnnxOptions.STANDARD, cases().stream());
  }

  @TestFactory
  Stream<DynamicTest> everyCaseWithFusedAttention() {
    return tests(
        new OnnxOptions(LinearForm.FLOAT32, AttentionForm.ONNX_RUNTIME),
        cases().stream().filter(file -> file.getFileName().toString().matches(WITH_ATTENTION)));
  }

  private static Stream<DynamicTest> tests(OnnxOptions options, Stream<Path> files) {
    OnnxRuntimeBackend backend = new OnnxRuntimeBackend(options);
    return files.map(
        file ->
            DynamicTest.dynamicTest(
                file.getFileName().toString(), () -> requirePass(backend, file)));
  }

  private static void requirePass(OnnxRuntimeBackend backend, Path file) {
    CaseResult result =
        new Verifier(backend, 1, CaseRunners.standard(SAMPLE_MODEL)).verifyCase(file);
    assertThat(result.status()).as("%s: %s", file, result).isEqualTo(Status.PASS);
  }

  private static List<Path> cases() {
    try (Stream<Path> files = Files.list(FIXTURES)) {
      List<Path> cases =
          files.filter(file -> file.getFileName().toString().matches(COMPUTED)).sorted().toList();
      assertThat(cases).hasSizeGreaterThan(20);
      return cases;
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
