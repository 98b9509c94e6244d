package org.viditq.tensorrt.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.bytedeco.tensorrt.nvinfer.ILogger.Severity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.UsageException;
import org.viditq.tensorrt.build.CpuOnlyTensorRt;

class TensorRtLibraryTest {
  @TempDir Path folder;

  @Test
  void saysWhatItIsAndWhereItLies() {
    TensorRtLibrary library = CpuOnlyTensorRt.library();
    assertThat(library.version()).matches("11\\.[0-9]+\\.[0-9]+\\.[0-9]+");
    assertThat(library.folder().resolve("libnvinfer.so.11")).exists();
    assertThat(TensorRtLibrary.load(Optional.empty())).isSameAs(library);
    // The class path's package holds kernels for no architecture of its own.
    assertThat(library.builderResource("9.0"))
        .hasValueSatisfying(file -> assertThat(TensorRtLibrary.isPtx(file)).isTrue());
  }

  @Test
  void anotherFolderNeedsAnotherRun() {
    CpuOnlyTensorRt.library();
    assertThatThrownBy(() -> TensorRtLibrary.load(Optional.of(folder)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("another folder needs another run");
  }

  @Test
  void aPluginLibraryIsTakenOrRefused() throws Exception {
    TensorRtLibrary library = CpuOnlyTensorRt.library();
    library.addPlugins(CpuOnlyTensorRt.plugins());
    library.addPlugins(CpuOnlyTensorRt.plugins());
    Path absent = folder.resolve("absent.so");
    assertThatThrownBy(() -> library.addPlugins(absent))
        .isInstanceOf(BackendException.class)
        .hasMessage("There is no plugin library " + absent + ".");
    Path none = Files.writeString(folder.resolve("none.so"), "no library");
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> library.addPlugins(none))
          .isInstanceOf(BackendException.class)
          .hasMessageStartingWith("TensorRT does not take the plugin library " + none + ": ");
    }
  }

  @Test
  void kernelsForTheDeviceComeFirst() throws Exception {
    assertThat(TensorRtLibrary.builderResource(folder, "9.0")).isEmpty();
    assertThat(TensorRtLibrary.builderResource(folder.resolve("absent"), "9.0")).isEmpty();
    Files.createFile(folder.resolve("libnvinfer_builder_resource_sm86.so.11.2.1"));
    Files.createFile(folder.resolve("libnvinfer.so.11"));
    assertThat(TensorRtLibrary.builderResource(folder, "9.0")).isEmpty();
    Path ptx = Files.createFile(folder.resolve("libnvinfer_builder_resource_ptx.so.11.2.1"));
    assertThat(TensorRtLibrary.builderResource(folder, "9.0")).contains(ptx);
    Path own = Files.createFile(folder.resolve("libnvinfer_builder_resource_sm90.so.11.2.1"));
    assertThat(TensorRtLibrary.builderResource(folder, "9.0")).contains(own);
    assertThat(TensorRtLibrary.isPtx(own)).isFalse();
    assertThat(TensorRtLibrary.builderResource(folder, "10.0")).contains(ptx);
  }

  @Test
  void theFirstErrorsAreKept() {
    TensorRtLog log = new TensorRtLog();
    assertThat(log.errors()).isEqualTo("it does not say why");
    log.log(Severity.kINFO, "information");
    log.log(Severity.kWARNING, "warning");
    for (int i = 0; i < 100; i++) {
      log.log(Severity.kERROR, "error " + i + "\u001b[31m\n");
    }
    assertThat(log.errors())
        .startsWith("error 0")
        .contains("error 2")
        .doesNotContain("error 3", "\n", "\u001b");
    assertThat(log.warnings()).containsExactly("warning");
    log.clear();
    assertThat(log.errors()).isEqualTo("it does not say why");
    assertThat(log.warnings()).isEmpty();
  }
}
