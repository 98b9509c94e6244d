package org.viditq.tensorrt.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.tensor.Shape;
import org.viditq.tensorrt.engine.EngineException.Reason;
import org.viditq.tensorrt.engine.EngineTarget.Hardware;

class EngineDescriptionTest {
  private static final long FUZZ_MILLISECONDS = 2000;
  private static final Path ENGINE = Path.of("some.engine");

  @TempDir Path folder;

  private static EngineDescription parse(String json) {
    return EngineDescriptionJson.parse(json.getBytes(UTF_8), "some.engine.json");
  }

  private static void assertRefused(Reason reason, ThrowingCallable use, String... words) {
    assertThatThrownBy(use)
        .isInstanceOfSatisfying(
            EngineException.class,
            refusal -> {
              assertThat(refusal.reason()).isEqualTo(reason);
              assertThat(List.of(words)).allMatch(refusal.getMessage()::contains);
              assertThat(refusal.getMessage()).endsWith(".").doesNotContain("\n");
            });
  }

  @Test
  void isReadAsItWasWritten() {
    EngineDescription engine = Descriptions.engine();
    assertThat(EngineDescriptionJson.parse(EngineDescriptionJson.of(engine), "e"))
        .isEqualTo(engine);
    EngineDescription other =
        Descriptions.engine(Hardware.AMPERE_AND_LATER, true)
            .withoutWeights()
            .ofBytes(1, "c".repeat(64));
    assertThat(EngineDescriptionJson.parse(EngineDescriptionJson.of(other), "e")).isEqualTo(other);
    assertThat(other.stripped()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"format\" : \"viditq-engine\" | \"format\" : \"other\" | of no engine",
        "\"version\" : 1 | \"version\" : 2 | another version",
        "\"version\" : 1 | \"version\" : 1.5 | version is no possible number",
        "\"bytes\" : 1234 | \"bytes\" : -1 | bytes is no possible number",
        "\"bytes\" : 1234 | \"bytes\" : 99999999999999999999 | bytes is no possible number",
        "\"stripped\" : false | \"stripped\" : 0 | stripped is no boolean",
        "\"hardware\" : \"SAME\" | \"hardware\" : \"ALL\" | hardware is ALL",
        "\"gpu\" : \"NVIDIA H200\" | \"gpu\" : 7 | target.gpu is no text",
        "\"gpu\" : \"NVIDIA H200\", | '' | it has no target.gpu",
        "\"capability\" : \"9.0\" | \"capability\" : \"\" | target.capability is no text",
        "\"plan\" : \"w8a8\" | \"plan\" : {} | origin.plan is no text",
        "30, 8 | 5, 8 | does not rise",
        "10, 8 | 0, 8 | min is no shape",
        "10, 8 | 10, 2147483648 | min is no shape",
        "10, 8 | 10, 2147483647 | min is no shape",
        "10, 8 | 10, 1, 1, 1, 1, 1, 1, 1, 8 | min is no shape",
        "\"profiles\" : [ { | \"profiles\" : [ 7, { | profiles. is no object",
      })
  void aFieldThatMakesNoSenseIsNamed(String from, String to, String reason) {
    String json = new String(EngineDescriptionJson.of(Descriptions.engine()), UTF_8);
    String changed = json.replace(from.strip(), to == null ? "" : to.strip());
    assertThat(changed).isNotEqualTo(json);
    assertRefused(Reason.NOT_AN_ENGINE, () -> parse(changed), "some.engine.json", reason);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "7", "[]", "{}", "null", "{\"format\": \"viditq-engine\"}", "{", "\u0000"})
  void whatIsNoDescriptionIsRefused(String json) {
    assertRefused(Reason.NOT_AN_ENGINE, () -> parse(json), "does not describe an engine");
  }

  /** Whatever the bytes are: a description, or the one exception. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void damagedBytesGiveADescriptionOrASentence(long seed) {
    Random random = new Random(seed);
    byte[] whole = EngineDescriptionJson.of(Descriptions.engine());
    long end = System.nanoTime() + FUZZ_MILLISECONDS / 3 * 1_000_000;
    int refused = 0;
    for (int i = 0; i < 2000 && System.nanoTime() < end; i++) {
      byte[] bytes = whole.clone();
      switch (random.nextInt(4)) {
        case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
        case 1 -> {
          for (int k = random.nextInt(8); k >= 0; k--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
          }
        }
        case 2 -> {
          // Digits and marks, which keep it JSON more often.
          byte[] marks = "0123456789-.,:{}[]\"eE".getBytes(UTF_8);
          bytes[random.nextInt(bytes.length)] = marks[random.nextInt(marks.length)];
        }
        default -> {
          int from = random.nextInt(bytes.length);
          int to = from + random.nextInt(Math.min(200, bytes.length - from));
          byte[] cut = new byte[bytes.length - (to - from)];
          System.arraycopy(bytes, 0, cut, 0, from);
          System.arraycopy(bytes, to, cut, from, bytes.length - to);
          bytes = cut;
        }
      }
      try {
        EngineDescription read = EngineDescriptionJson.parse(bytes, "fuzz");
        assertThat(EngineDescriptionJson.parse(EngineDescriptionJson.of(read), "again"))
            .isEqualTo(read);
      } catch (EngineException expected) {
        refused++;
        assertThat(expected.reason()).isEqualTo(Reason.NOT_AN_ENGINE);
      }
    }
    assertThat(refused).isPositive();
  }

  @Test
  void anEngineHasItsDescriptionBesideIt() throws Exception {
    Path engine = Files.writeString(folder.resolve("x.engine"), "engine");
    assertRefused(
        Reason.NOT_AN_ENGINE,
        () -> EngineDescription.read(engine),
        "x.engine.json",
        "viditq build");
    Descriptions.engine().write(engine);
    assertThat(EngineDescription.read(engine)).isEqualTo(Descriptions.engine());
    Files.write(EngineDescription.besides(engine), new byte[2 << 20]);
    assertRefused(Reason.NOT_AN_ENGINE, () -> EngineDescription.read(engine), "1 MiB");
  }

  @Test
  void bytesAreHeldAgainstTheirHash() throws Exception {
    Path engine = Files.writeString(folder.resolve("x.engine"), "engine");
    // What sha256sum says of these bytes.
    String hash = "ed9f6f25068608efd412958da4dfc19328ca3511251fa6d5f9c42baf230e32f8";
    assertThat(EngineDescription.hash(engine)).isEqualTo(hash);
    EngineDescription right = Descriptions.engine().ofBytes(6, hash);
    EngineDescription made = right.ofBytes(6, "a".repeat(64));
    assertThatCode(() -> right.requireBytes(engine)).doesNotThrowAnyException();
    assertRefused(Reason.TAMPERED, () -> made.requireBytes(engine), "x.engine", "hash");
    Files.writeString(engine, "Engine");
    assertRefused(Reason.TAMPERED, () -> right.requireBytes(engine), "x.engine");
    Files.writeString(engine, "engine and more");
    assertRefused(Reason.TAMPERED, () -> right.requireBytes(engine), "x.engine");
    Files.writeString(engine, "engi");
    assertRefused(Reason.TRUNCATED, () -> right.requireBytes(engine), "4 bytes of 6");
    Files.delete(engine);
    assertRefused(Reason.UNREADABLE, () -> right.requireBytes(engine), "x.engine");
  }

  @ParameterizedTest
  @CsvSource({
    "SAME, NVIDIA H200, 9.0, true",
    "SAME, NVIDIA H100, 9.0, false",
    "SAME, NVIDIA H200, 9.1, false",
    "SAME_CAPABILITY, NVIDIA H100, 9.0, true",
    "SAME_CAPABILITY, NVIDIA L40, 8.9, false",
    "AMPERE_AND_LATER, NVIDIA A100, 8.0, true",
    "AMPERE_AND_LATER, NVIDIA B200, 10.0, true",
    "AMPERE_AND_LATER, Tesla T4, 7.5, false",
  })
  void anEngineIsForItsDevices(Hardware hardware, String gpu, String capability, boolean runs) {
    EngineTarget here = new EngineTarget("11.2.1.2", gpu, capability, "999");
    EngineDescription engine = Descriptions.engine(hardware, false);
    if (runs) {
      assertThatCode(() -> engine.requireTarget(here, ENGINE)).doesNotThrowAnyException();
    } else {
      assertRefused(
          Reason.OTHER_GPU, () -> engine.requireTarget(here, ENGINE), "some.engine", gpu, "build");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "false, 11.2.1.2, true",
    "false, 11.2.1.3, false",
    "false, 11.3.0.1, false",
    "true, 11.3.0.1, true",
    "true, 12.0.0.1, false",
  })
  void anEngineIsForItsVersion(boolean compatible, String version, boolean runs) {
    EngineTarget here = new EngineTarget(version, "NVIDIA H200", "9.0", "580");
    EngineDescription engine = Descriptions.engine(Hardware.SAME, compatible);
    if (runs) {
      assertThatCode(() -> engine.requireTarget(here, ENGINE)).doesNotThrowAnyException();
    } else {
      assertRefused(
          Reason.OTHER_VERSION, () -> engine.requireTarget(here, ENGINE), "11.2.1.2", version);
    }
  }

  @Test
  void anEngineIsOfItsModelAndPlan() {
    EngineDescription engine = Descriptions.engine();
    assertThatCode(() -> engine.requireGraph(engine.graph(), Map.of(), ENGINE))
        .doesNotThrowAnyException();
    assertRefused(
        Reason.OTHER_MODEL,
        () -> engine.requireGraph(Descriptions.graph("1", "3"), Map.of(), ENGINE),
        "another model or other weights");
    assertRefused(
        Reason.OTHER_PLAN,
        () ->
            engine.requireGraph(
                Descriptions.graph("3", "3"), Map.of("model", "m", "plan", "w4a8"), ENGINE),
        "another quantization plan");
    assertRefused(
        Reason.OTHER_PLAN,
        () -> engine.requireGraph(Descriptions.graph("3", "3"), Map.of("model", "m"), ENGINE));
    assertRefused(
        Reason.OTHER_MODEL,
        () ->
            engine.requireGraph(
                Descriptions.graph("3", "3"), Map.of("model", "n", "plan", "w8a8"), ENGINE));
    // Without weights it is of all checkpoints of its structure.
    EngineDescription stripped = engine.withoutWeights();
    assertThatCode(() -> stripped.requireGraph(Descriptions.graph("1", "3"), Map.of(), ENGINE))
        .doesNotThrowAnyException();
    assertRefused(
        Reason.OTHER_MODEL,
        () -> stripped.requireGraph(Descriptions.graph("3", "2"), Map.of(), ENGINE));
    assertRefused(Reason.STRIPPED, () -> stripped.requireWeights(ENGINE), "--refit");
    assertThatCode(() -> engine.requireWeights(ENGINE)).doesNotThrowAnyException();
  }

  @Test
  void anEngineIsForItsPlugins() {
    EngineDescription engine = Descriptions.engine();
    assertThatCode(() -> engine.requirePlugins(Optional.of(Descriptions.PLUGINS), ENGINE))
        .doesNotThrowAnyException();
    assertRefused(
        Reason.OTHER_PLUGINS, () -> engine.requirePlugins(Optional.empty(), ENGINE), "--plugins");
    assertRefused(
        Reason.OTHER_PLUGINS,
        () -> engine.requirePlugins(Optional.of("c".repeat(64)), ENGINE),
        "another version");
  }

  @Test
  void anExtentBeyondTheProfileIsNamed() {
    EngineDescription engine = Descriptions.engine();
    Map<String, Shape> fits = Map.of("text", Shape.of(1, 10, 8), "timesteps", Shape.of(2));
    assertThatCode(() -> engine.requireShapes(fits, ENGINE)).doesNotThrowAnyException();
    assertRefused(
        Reason.PROFILE_EXCEEDED,
        () ->
            engine.requireShapes(
                Map.of("text", Shape.of(1, 31, 8), "timesteps", Shape.of(2)), ENGINE),
        "text",
        "[1, 31, 8]",
        "--max");
    assertRefused(
        Reason.PROFILE_EXCEEDED,
        () -> engine.requireShapes(Map.of("text", Shape.of(1, 10, 8)), ENGINE),
        "timesteps");
  }
}
