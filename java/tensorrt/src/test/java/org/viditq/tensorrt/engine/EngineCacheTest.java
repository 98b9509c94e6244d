package org.viditq.tensorrt.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.OutputException;
import org.viditq.core.tensor.Shape;
import org.viditq.tensorrt.engine.EngineCache.Entry;
import org.viditq.tensorrt.engine.EngineException.Reason;
import org.viditq.tensorrt.engine.EngineTarget.Hardware;

class EngineCacheTest {
  private static final Map<String, Shape> SHAPES =
      Map.of("text", Shape.of(2, 20, 8), "timesteps", Shape.of(2));

  @TempDir Path temporary;
  private Path root;
  private EngineCache cache;

  @BeforeEach
  void open() {
    root = temporary.resolve("home").resolve("cache");
    cache = EngineCache.in(root);
  }

  private static EngineCache.Maker bytes(String text) {
    return target -> {
      try {
        Files.writeString(target, text);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    };
  }

  private static EngineCache.Maker never() {
    return target -> {
      throw new AssertionError("It is there already.");
    };
  }

  private List<Path> files() {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(Files::isRegularFile).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Optional<Entry> find() {
    return cache.find(Descriptions.engine(), SHAPES);
  }

  @Test
  void whatWasKeptIsFound() throws Exception {
    assertThat(find()).isEmpty();
    Entry kept = cache.store(Descriptions.engine(), bytes("engine"));
    Entry found = find().orElseThrow();
    assertThat(found).isEqualTo(kept);
    assertThat(found.description().bytes()).isEqualTo(6);
    assertThat(found.file().sha256()).isEqualTo(EngineDescription.hash(found.engine()));
    assertThat(found.engine()).hasContent("engine");
    assertThat(EngineCache.in(root).find(Descriptions.engine(), SHAPES)).contains(kept);
    assertThat(cache.find(Descriptions.engine(), Descriptions.engine().profiles())).contains(kept);
  }

  @Test
  void nothingIsOpenToOthers() throws Exception {
    Entry kept = cache.store(Descriptions.engine(), bytes("engine"));
    cache.keepTiming(Descriptions.H200, new byte[3]);
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : (Iterable<Path>) all::iterator) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
            .as(path.toString())
            .isEqualTo(Files.isDirectory(path) ? "rwx------" : "rw-------");
      }
    }
    assertThat(kept.engine()).startsWith(root.toRealPath());
  }

  /** Everything that an engine depends on is in its key. */
  @Test
  void anEngineForSomethingElseIsNotFound() {
    cache.store(Descriptions.engine(), bytes("engine"));
    EngineDescription engine = Descriptions.engine();
    Profile profile = engine.profiles().get(0);
    List<EngineDescription> others =
        List.of(
            Descriptions.engine(Descriptions.graph("1", "3"), profile),
            Descriptions.engine(Descriptions.graph("3", "2"), profile),
            Descriptions.engine(Hardware.SAME_CAPABILITY, false),
            Descriptions.engine(Hardware.SAME, true),
            engine.withoutWeights(),
            on(new EngineTarget("11.3.0.1", "NVIDIA H200", "9.0", "580.65.06")),
            on(new EngineTarget("11.2.1.2", "NVIDIA H100", "9.0", "580.65.06")),
            on(new EngineTarget("11.2.1.2", "NVIDIA H200", "9.1", "580.65.06")),
            on(new EngineTarget("11.2.1.2", "NVIDIA H200", "9.0", "581.00.00")),
            withPlugins(Optional.of("c".repeat(64))),
            withPlugins(Optional.empty()));
    for (EngineDescription other : others) {
      assertThat(cache.find(other, SHAPES)).as(other.toString()).isEmpty();
      assertThat(EngineCache.key(other)).isNotEqualTo(EngineCache.key(engine));
    }
    assertThat(cache.find(engine, Map.of("text", Shape.of(2, 31, 8), "timesteps", Shape.of(2))))
        .isEmpty();
    assertThat(cache.find(engine, List.of(Descriptions.profile(1, 2, 3)))).isEmpty();
  }

  private static EngineDescription on(EngineTarget target) {
    EngineDescription e = Descriptions.engine();
    return new EngineDescription(
        e.name(),
        e.bytes(),
        e.sha256(),
        e.graph(),
        e.plugins(),
        e.stripped(),
        target,
        e.hardware(),
        e.versionCompatible(),
        e.origin(),
        e.profiles());
  }

  private static EngineDescription withPlugins(Optional<String> plugins) {
    EngineDescription e = Descriptions.engine();
    return new EngineDescription(
        e.name(),
        e.bytes(),
        e.sha256(),
        e.graph(),
        plugins,
        e.stripped(),
        e.target(),
        e.hardware(),
        e.versionCompatible(),
        e.origin(),
        e.profiles());
  }

  @Test
  void aStrippedEngineServesAllWeights() {
    EngineDescription one = Descriptions.engine().withoutWeights();
    Entry kept = cache.store(one, bytes("engine"));
    EngineDescription other =
        Descriptions.engine(Descriptions.graph("1", "9"), one.profiles().get(0)).withoutWeights();
    assertThat(cache.find(other, SHAPES)).contains(kept);
  }

  @Test
  void ofSeveralTheNarrowestIsTaken() {
    EngineDescription engine = Descriptions.engine();
    cache.store(
        Descriptions.engine(engine.graph(), Descriptions.profile(1, 20, 400)), bytes("wide"));
    Entry narrow =
        cache.store(
            Descriptions.engine(engine.graph(), Descriptions.profile(20, 20, 20)), bytes("narrow"));
    cache.store(
        Descriptions.engine(engine.graph(), Descriptions.profile(1, 20, 40)), bytes("middle"));
    assertThat(find()).contains(narrow);
    assertThat(cache.find(engine, Map.of("text", Shape.of(1, 300, 8), "timesteps", Shape.of(2))))
        .hasValueSatisfying(entry -> assertThat(entry.engine()).hasContent("wide"));
  }

  @Test
  void aFailureLeavesNothing() {
    assertThatThrownBy(
            () ->
                cache.store(
                    Descriptions.engine(),
                    target -> {
                      bytes("half").write(target);
                      throw new BackendException("The build failed.");
                    }))
        .hasMessage("The build failed.");
    assertThat(files()).isEmpty();
    assertThat(cache.folder()).isEmptyDirectory();
    assertThat(find()).isEmpty();
  }

  @Test
  void anEngineThatWasChangedIsNotUsed() throws Exception {
    Entry kept = cache.store(Descriptions.engine(), bytes("engine"));
    Files.writeString(kept.engine(), "evil!!");
    assertThat(find()).isEmpty();
    Files.writeString(kept.engine(), "engin");
    assertThat(find()).isEmpty();
    Files.delete(EngineDescription.besides(kept.engine()));
    Files.createFile(EngineDescription.besides(kept.engine()));
    assertThat(find()).isEmpty();
    // It is built anew, in the same place.
    Entry again = cache.store(Descriptions.engine(), bytes("engine"));
    assertThat(again.engine()).isEqualTo(kept.engine());
    assertThat(find()).contains(again);
  }

  /** A description that was moved to another key's folder says what it is. */
  @Test
  void anEngineInAnotherPlaceIsNotUsed() throws Exception {
    Entry kept = cache.store(Descriptions.engine(), bytes("engine"));
    EngineDescription other =
        Descriptions.engine(Descriptions.graph("7", "7"), Descriptions.profile(10, 20, 30));
    Path place = cache.folder().resolve(EngineCache.key(other).digest());
    Files.move(kept.engine().getParent().getParent(), place);
    assertThat(cache.find(other, SHAPES)).isEmpty();
  }

  private static void assertNotPrivate(ThrowingCallable use) {
    assertThatThrownBy(use)
        .isInstanceOfSatisfying(
            EngineException.class,
            refusal -> {
              assertThat(refusal.reason()).isEqualTo(Reason.NOT_PRIVATE);
              assertThat(refusal.getMessage()).endsWith(".").contains("chmod go-w");
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw--w----", "rw-----w-"})
  void anEngineThatOthersMayWriteIsRefused(String permissions) throws Exception {
    Entry kept = cache.store(Descriptions.engine(), bytes("engine"));
    Files.setPosixFilePermissions(kept.engine(), PosixFilePermissions.fromString(permissions));
    assertNotPrivate(this::find);
    Files.setPosixFilePermissions(kept.engine(), PosixFilePermissions.fromString("rw-------"));
    assertThat(find()).isPresent();
    Files.setPosixFilePermissions(
        EngineDescription.besides(kept.engine()), PosixFilePermissions.fromString(permissions));
    assertNotPrivate(this::find);
  }

  @Test
  void aFolderThatOthersMayWriteIsRefused() throws Exception {
    Entry kept = cache.store(Descriptions.engine(), bytes("engine"));
    for (Path folder = kept.engine().getParent();
        folder.startsWith(temporary.resolve("home").toRealPath());
        folder = folder.getParent()) {
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
      assertNotPrivate(this::find);
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
      assertThat(find()).isPresent();
    }
    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxrwx---"));
    assertNotPrivate(() -> EngineCache.in(root));
  }

  @Test
  void anEngineOfAnotherUserIsRefused() throws Exception {
    Entry kept = cache.store(Descriptions.engine(), bytes("engine"));
    try {
      Files.setAttribute(kept.engine(), "unix:uid", 12345);
    } catch (FileSystemException notRoot) {
      // Only root can give files away; the check itself is the same for a foreign file of root.
      assertThat(Files.getAttribute(Path.of("/proc/1"), "unix:uid")).isEqualTo(0);
      return;
    }
    assertNotPrivate(this::find);
    Files.setAttribute(kept.engine(), "unix:uid", 0);
    assertThat(find()).isPresent();
    Files.setAttribute(kept.engine().getParent(), "unix:uid", 12345);
    assertNotPrivate(this::find);
  }

  @Test
  void aLinkIsRefused() throws Exception {
    Entry kept = cache.store(Descriptions.engine(), bytes("engine"));
    Path elsewhere = temporary.resolve("elsewhere");
    Files.move(kept.engine(), elsewhere);
    Files.createSymbolicLink(kept.engine(), elsewhere);
    assertNotPrivate(this::find);
  }

  @Test
  void whatIsNoFolderCannotBeTheCache() throws Exception {
    Path file = Files.createFile(temporary.resolve("file"));
    assertThatThrownBy(() -> EngineCache.in(file.resolve("cache")))
        .isInstanceOf(OutputException.class)
        .hasMessageContaining("Cannot make the folder of the engines");
  }

  @Test
  void timingsAreKeptPerDevice() throws Exception {
    EngineTarget other = new EngineTarget("11.2.1.2", "NVIDIA H100", "9.0", "580.65.06");
    assertThat(cache.timing(Descriptions.H200)).isEmpty();
    cache.keepTiming(Descriptions.H200, new byte[] {1, 2, 3});
    cache.keepTiming(other, new byte[] {4});
    assertThat(cache.timing(Descriptions.H200)).containsExactly(1, 2, 3);
    assertThat(cache.timing(other)).containsExactly(4);
    for (Path file : files()) {
      byte[] whole = Files.readAllBytes(file);
      for (byte[] damaged : List.of(new byte[3], Arrays.copyOf(whole, whole.length - 1))) {
        Files.write(file, damaged);
        assertThat(cache.timing(Descriptions.H200).length + cache.timing(other).length)
            .isLessThan(4);
      }
      Files.write(file, whole);
    }
    assertThat(cache.timing(Descriptions.H200)).containsExactly(1, 2, 3);
    // What others may have written is left out, as TensorRT reads it.
    for (Path file : files()) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw----"));
    }
    assertThat(cache.timing(Descriptions.H200)).isEmpty();
  }

  @Test
  void theSameEngineIsKeptOnce() {
    Entry first = cache.store(Descriptions.engine(), bytes("one"));
    Entry second = cache.store(Descriptions.engine(), bytes("two"));
    assertThat(second.engine()).isEqualTo(first.engine()).hasContent("two");
    assertThat(files()).hasSize(2);
    assertThat(find().orElseGet(() -> cache.store(Descriptions.engine(), never())))
        .isEqualTo(second);
  }
}
