package org.viditq.tensorrt.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.BytePointer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.MemoryException;
import org.viditq.onnx.GraphFile;
import org.viditq.tensorrt.driver.NvidiaDriver;
import org.viditq.tensorrt.engine.EngineCache;
import org.viditq.tensorrt.engine.Profile;
import org.viditq.tensorrt.presets.EngineBytes;

/** The real builder up to the build itself, which TensorRT refuses without a GPU. */
class TensorRtBuilderTest {
  @TempDir Path folder;
  private EngineCache cache;
  private final List<String> heard = new ArrayList<>();

  private final BuildListener listener =
      new BuildListener() {
        @Override
        public void progress(int percent, String phase) {
          heard.add(percent + "%");
        }

        @Override
        public void note(String line) {
          heard.add(line);
        }
      };

  @BeforeEach
  void open() {
    cache = EngineCache.in(folder.resolve("cache"));
  }

  private TensorRtBuilder builder(NvidiaDriver driver) {
    return new TensorRtBuilder(
        CpuOnlyTensorRt.library(), driver, Optional.of(CpuOnlyTensorRt.plugins()), cache);
  }

  private static Profile profile(GraphFile graph) {
    return new ProfileExtents(Map.of(), Graphs.EXTENTS, Map.of()).of(graph);
  }

  @Test
  void everythingButTheBuildIsDone() {
    Path engine = folder.resolve("engine");
    try (Graphs graphs = new Graphs();
        TensorRtBuilder builder = builder(CpuOnlyTensorRt.H200)) {
      assertThat(builder.target().gpu()).isEqualTo("NVIDIA H200");
      assertThat(builder.target().tensorRt()).isEqualTo(CpuOnlyTensorRt.library().version());
      assertThat(builder.plugins()).hasValueSatisfying(hash -> assertThat(hash).hasSize(64));
      GraphFile graph = graphs.file(8, folder.resolve("graph"));
      // What TensorRT says is passed on, as one sentence.
      assertThatThrownBy(
              () ->
                  builder.build(
                      graph, List.of(profile(graph)), BuildOptions.DEFAULT, engine, listener))
          .isInstanceOf(BackendException.class)
          .hasMessageStartingWith("TensorRT could not build an engine of " + graph.file() + ": ")
          .hasMessageContaining("CPU-only")
          .hasMessageMatching("[^\n]*\\.");
    }
    assertThat(engine).doesNotExist();
    assertThat(heard).contains("0%").anyMatch(line -> line.contains("MiB on the device"));
    assertThat(heard).anyMatch(line -> line.contains("libnvinfer_builder_resource_ptx"));
  }

  @Test
  void aBuildThatCannotFitIsNotBegun() {
    NvidiaDriver full = new NvidiaDriver("580", "NVIDIA H200", "9.0", 1 << 20, 141L << 30);
    try (Graphs graphs = new Graphs();
        TensorRtBuilder builder = builder(full)) {
      GraphFile graph = graphs.file(8, folder.resolve("graph"));
      assertThatThrownBy(
              () ->
                  builder.build(
                      graph,
                      List.of(profile(graph)),
                      BuildOptions.DEFAULT,
                      folder.resolve("engine"),
                      listener))
          .isInstanceOf(MemoryException.class)
          .hasMessageContaining("GPU's memory");
    }
    assertThat(heard).doesNotContain("0%");
  }

  /** Without a driver TensorRT's factories are not called: one of them would end the process. */
  @Test
  void withoutADriverNothingIsOpened() {
    NvidiaDriver driver;
    try {
      driver = NvidiaDriver.require();
    } catch (BackendException none) {
      assertThatThrownBy(() -> TensorRtBuilder.open(Optional.empty(), Optional.empty(), cache))
          .isInstanceOf(BackendException.class)
          .hasMessage(none.getMessage())
          .hasMessageContaining("libcuda.so.1")
          .hasMessageMatching("[^\n]*\\.");
      return;
    }
    try (TensorRtBuilder builder =
        TensorRtBuilder.open(Optional.empty(), Optional.of(CpuOnlyTensorRt.plugins()), cache)) {
      assertThat(builder.target().gpu()).isEqualTo(driver.device());
    }
  }

  @Test
  void largeFilesAreReadAndWrittenInBlocks() throws Exception {
    byte[] bytes = new byte[(64 << 20) + 12_345];
    bytes[0] = 1;
    bytes[(64 << 20) - 1] = 2;
    bytes[64 << 20] = 3;
    bytes[bytes.length - 1] = 4;
    Path file = folder.resolve("large");
    Path copy = folder.resolve("copy");
    try (BytePointer memory = new BytePointer(bytes);
        FileChannel channel =
            FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      TensorRtBuilder.write(memory, bytes.length, channel);
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
    try (BytePointer read = EngineBytes.read(file);
        FileChannel channel =
            FileChannel.open(copy, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      assertThat(read.capacity()).isEqualTo(bytes.length);
      TensorRtBuilder.write(read, read.capacity(), channel);
    }
    assertThat(Files.mismatch(file, copy)).isEqualTo(-1);
    assertThatThrownBy(() -> EngineBytes.read(folder.resolve("absent")))
        .isInstanceOf(BackendException.class);
  }
}
