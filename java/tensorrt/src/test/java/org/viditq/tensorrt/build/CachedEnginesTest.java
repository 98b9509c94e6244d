package org.viditq.tensorrt.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.BackendException;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.ProgressListener.Stage;
import org.viditq.core.tensor.Shape;
import org.viditq.onnx.GraphFile;
import org.viditq.onnx.OnnxGraph;
import org.viditq.tensorrt.engine.EngineCache;
import org.viditq.tensorrt.engine.EngineDescription;
import org.viditq.tensorrt.engine.EngineException;
import org.viditq.tensorrt.engine.EngineException.Reason;
import org.viditq.tensorrt.engine.EngineFile;
import org.viditq.tensorrt.engine.EngineRequest;
import org.viditq.tensorrt.engine.EngineTarget;
import org.viditq.tensorrt.engine.NamedEngines;
import org.viditq.tensorrt.engine.Profile;

class CachedEnginesTest {
  private static final ProgressListener SILENT = (stage, done, total) -> {};

  @TempDir static Path shared;
  @TempDir Path folder;

  private static Graphs graphs;
  private static OnnxGraph eight;
  private static OnnxGraph four;
  private static GraphFile file;

  private final FakeBuilder builder = new FakeBuilder();
  private final List<String> notes = new ArrayList<>();
  private EngineCache cache;

  @BeforeAll
  static void record() {
    graphs = new Graphs();
    eight = graphs.graph(8);
    four = graphs.graph(4);
    file = graphs.file(8, shared.resolve("eight"));
  }

  @AfterAll
  static void close() {
    graphs.close();
  }

  @BeforeEach
  void open() {
    cache = EngineCache.in(folder.resolve("cache"));
  }

  private CachedEngines engines(boolean stripped) {
    return new CachedEngines(
        cache, () -> builder, BuildOptions.DEFAULT.withStripped(stripped), notes::add);
  }

  private static EngineRequest request(OnnxGraph graph, Map<String, Integer> max) {
    Profile profile = new ProfileExtents(Map.of(), Graphs.EXTENTS, max).of(file);
    Map<String, Shape> shapes = new TreeMap<>();
    profile.inputs().forEach((name, range) -> shapes.put(name, range.opt()));
    return new EngineRequest("transformer", graph, shapes, profile);
  }

  private static EngineRequest request(OnnxGraph graph) {
    return request(graph, Map.of());
  }

  private long files() {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void anEngineIsBuiltOnce() throws Exception {
    EngineFile built;
    try (CachedEngines engines = engines(false)) {
      built = engines.engine(request(eight), SILENT);
      assertThat(engines.engine(request(eight), SILENT)).isEqualTo(built);
    }
    try (CachedEngines later = engines(false)) {
      assertThat(later.engine(request(eight), SILENT)).isEqualTo(built);
    }
    assertThat(builder.calls).containsExactly("build", "close", "close");
    assertThat(built.sha256()).isEqualTo(EngineDescription.hash(built.path()));
    assertThat(built.path())
        .hasContent(eight.fingerprint().structure() + " " + eight.fingerprint().contents());
    assertThat(notes).contains("a note");
    // The engine and its description, and the graph's fingerprint; nothing else of the graph.
    assertThat(files()).isEqualTo(3);
  }

  private Path fingerprintOfEight() {
    return cache.folder().resolveSibling("graphs").resolve(eight.source());
  }

  @Test
  void aGraphIsWrittenOnceToFindItsEngine() throws Exception {
    FileTime longAgo = FileTime.fromMillis(1_000_000);
    try (CachedEngines engines = engines(false)) {
      EngineFile built = engines.engine(request(eight), SILENT);
      assertThat(fingerprintOfEight())
          .hasContent(eight.fingerprint().structure() + "\n" + eight.fingerprint().contents());
      // What writes the graph again writes its fingerprint again.
      Files.setLastModifiedTime(fingerprintOfEight(), longAgo);
      assertThat(engines.engine(request(eight), SILENT)).isEqualTo(built);
      assertThat(Files.getLastModifiedTime(fingerprintOfEight())).isEqualTo(longAgo);
    }
    assertThat(builder.calls).containsExactly("build", "close");
  }

  @Test
  void anEngineThatWasBuiltOfAFileIsFound() {
    try (CachedEngines engines = engines(false)) {
      EngineCache.Entry made =
          engines.engine(
              file, "transformer", Map.of(), request(eight).profile(), BuildListener.NONE);
      assertThat(engines.engine(request(eight), SILENT)).isEqualTo(made.file());
    }
    assertThat(builder.calls).containsExactly("build", "close");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x\ny\n", "\u0000\u00ff"})
  void aDamagedFingerprintIsWrittenAnew(String text) throws Exception {
    try (CachedEngines engines = engines(false)) {
      EngineFile built = engines.engine(request(eight), SILENT);
      Files.writeString(fingerprintOfEight(), text, StandardCharsets.ISO_8859_1);
      assertThat(engines.engine(request(eight), SILENT)).isEqualTo(built);
    }
    assertThat(builder.calls).containsExactly("build", "close");
    assertThat(cache.fingerprint(eight.source())).contains(eight.fingerprint());
  }

  @Test
  void aFingerprintThatOthersCouldWriteIsRefused() throws Exception {
    try (CachedEngines engines = engines(false)) {
      engines.engine(request(eight), SILENT);
      Files.setPosixFilePermissions(
          fingerprintOfEight(), PosixFilePermissions.fromString("rw-rw-rw-"));
      assertRefused(Reason.NOT_PRIVATE, () -> engines.engine(request(eight), SILENT));
    }
  }

  @Test
  void theBuilderIsOpenedWhenItIsNeeded() {
    int[] opened = {0};
    try (CachedEngines engines =
        new CachedEngines(
            cache,
            () -> {
              opened[0]++;
              return builder;
            },
            BuildOptions.DEFAULT,
            notes::add)) {
      assertThat(opened[0]).isZero();
      engines.engine(request(eight), SILENT);
      assertThat(opened[0]).isEqualTo(1);
    }
  }

  @Test
  void otherWeightsAreAnotherEngine() {
    try (CachedEngines engines = engines(false)) {
      EngineFile one = engines.engine(request(eight), SILENT);
      assertThat(engines.engine(request(four), SILENT)).isNotEqualTo(one);
    }
    assertThat(builder.calls).containsExactly("build", "build", "close");
  }

  @Test
  void aWiderEngineServesNarrowRequests() {
    try (CachedEngines engines = engines(false)) {
      EngineFile wide = engines.engine(request(eight, Map.of("tokens", 30)), SILENT);
      assertThat(engines.engine(request(eight), SILENT)).isEqualTo(wide);
    }
    assertThat(builder.calls).containsExactly("build", "close");
  }

  @Test
  void anotherDeviceDriverOrPluginLibraryIsAnotherEngine() {
    for (Runnable change :
        List.<Runnable>of(
            () -> {},
            () -> builder.target = new EngineTarget("11.2.1.2", "NVIDIA H200", "9.0", "581.0.0"),
            () -> builder.target = new EngineTarget("11.2.1.2", "NVIDIA L40", "8.9", "580.65.06"),
            () -> builder.plugins = Optional.of("c".repeat(64)))) {
      change.run();
      try (CachedEngines engines = engines(false)) {
        engines.engine(request(eight), SILENT);
      }
    }
    assertThat(builder.calls.stream().filter("build"::equals)).hasSize(4);
  }

  @Test
  void progressIsAStageCountedInPercent() {
    List<Integer> heard = new ArrayList<>();
    try (CachedEngines engines = engines(false)) {
      engines.engine(
          request(eight),
          (stage, done, total) -> {
            assertThat(stage).isEqualTo(Stage.BUILDING);
            assertThat(total).isEqualTo(100);
            heard.add(done);
          });
    }
    assertThat(heard).isEqualTo(IntStream.rangeClosed(0, 100).boxed().toList());
  }

  @Test
  void aFailedBuildLeavesNothing() {
    builder.fails = true;
    try (CachedEngines engines = engines(false)) {
      assertThatThrownBy(() -> engines.engine(request(eight), SILENT))
          .isInstanceOf(BackendException.class)
          .hasMessageContaining("it must not");
      assertThat(files()).isEqualTo(1);
      builder.fails = false;
      engines.engine(request(eight), SILENT);
    }
    assertThat(files()).isEqualTo(3);
  }

  @Test
  void aStrippedEngineIsRefittedForEachCheckpoint() {
    GraphFile other = otherWeights();
    try (CachedEngines engines = engines(true)) {
      EngineFile full = engines.engine(request(eight), SILENT);
      assertThat(full.path())
          .hasContent(eight.fingerprint().structure() + " " + eight.fingerprint().contents());
      assertThat(EngineDescription.read(full.path()).stripped()).isFalse();
      assertThat(engines.engine(request(eight), SILENT)).isEqualTo(full);
      assertThat(builder.calls).containsExactly("build stripped", "refit");
      // Another checkpoint of the same model finds the engine without weights.
      EngineCache.Entry stripped =
          engines.engine(
              other, "transformer", Map.of(), request(eight).profile(), BuildListener.NONE);
      assertThat(stripped.description().stripped()).isTrue();
    }
    assertThat(builder.calls).containsExactly("build stripped", "refit", "close");
    assertThat(files()).isEqualTo(5);
  }

  /** The same graph with a bit of a weight turned. */
  private GraphFile otherWeights() {
    try {
      Path place =
          Files.createDirectories(folder.getParent().resolve(folder.getFileName() + "-other"));
      byte[] data = Files.readAllBytes(shared.resolve("eight").resolve("model.onnx.data"));
      data[0] ^= 1;
      Files.write(place.resolve("model.onnx.data"), data);
      Files.copy(file.file(), place.resolve("model.onnx"));
      GraphFile other = GraphFile.open(place.resolve("model.onnx"));
      assertThat(other.fingerprint().structure()).isEqualTo(file.fingerprint().structure());
      assertThat(other.fingerprint().contents()).isNotEqualTo(file.fingerprint().contents());
      return other;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void namedEnginesAreCheckedBeforeTheyAreUsed() throws Exception {
    Path engine = folder.resolve("named.engine");
    EngineDescription made;
    try (CachedEngines engines = engines(false)) {
      made =
          engines.describe("transformer", file, Map.of(), List.of(request(eight).profile()), false);
    }
    made =
        EngineCache.write(
            made,
            target ->
                builder.build(
                    file,
                    List.of(request(eight).profile()),
                    BuildOptions.DEFAULT,
                    target,
                    BuildListener.NONE),
            engine);
    NamedEngines named = named(engine, builder.target);
    assertThat(named.engine(request(eight), SILENT))
        .isEqualTo(new EngineFile(engine, made.sha256()));
    assertRefused(Reason.OTHER_MODEL, () -> named.engine(request(four), SILENT));
    assertRefused(
        Reason.PROFILE_EXCEEDED,
        () ->
            named.engine(
                new EngineRequest(
                    "transformer",
                    eight,
                    request(eight, Map.of("tokens", 30)).profile().inputs().entrySet().stream()
                        .collect(
                            Collectors.toMap(Map.Entry::getKey, input -> input.getValue().max())),
                    request(eight).profile()),
                SILENT));
    assertRefused(
        Reason.OTHER_GPU,
        () ->
            named(engine, new EngineTarget("11.2.1.2", "NVIDIA L40", "8.9", "580.65.06"))
                .engine(request(eight), SILENT));
    assertRefused(
        Reason.OTHER_PLUGINS,
        () ->
            new NamedEngines(List.of(engine), () -> builder.target, Optional.empty())
                .engine(request(eight), SILENT));
    assertRefused(Reason.UNREADABLE, () -> named(folder.resolve("absent"), builder.target));
    Files.writeString(engine, "x");
    assertRefused(Reason.TRUNCATED, () -> named(engine, builder.target));
  }

  private NamedEngines named(Path engine, EngineTarget here) {
    return new NamedEngines(List.of(engine), () -> here, builder.plugins);
  }

  private static void assertRefused(Reason reason, ThrowingCallable use) {
    assertThatThrownBy(use)
        .isInstanceOfSatisfying(
            EngineException.class, refusal -> assertThat(refusal.reason()).isEqualTo(reason))
        .hasMessageMatching("[^\n]*\\.");
  }
}
