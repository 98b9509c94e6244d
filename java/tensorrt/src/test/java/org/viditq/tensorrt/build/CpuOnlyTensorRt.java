package org.viditq.tensorrt.build;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.nvinfer.IBuilder;
import org.viditq.cuda.PluginLibrary;
import org.viditq.tensorrt.driver.NvidiaDriver;
import org.viditq.tensorrt.driver.TensorRtLibrary;

/**
 * The real TensorRT on a machine without a GPU, once per process: where libraries of the driver and
 * of CUDA are missing, empty ones stand in for them, and Surefire's configuration asks TensorRT to
 * read networks on the CPU. It does everything there but the build itself.
 */
public final class CpuOnlyTensorRt {
  /** A device that is not there. */
  static final NvidiaDriver H200 =
      new NvidiaDriver("580.65.06", "NVIDIA H200", "9.0", 140L << 30, 141L << 30);

  private static final Path EMULATED = Path.of(System.getProperty("viditq.cuda.tensorrt"));
  private static final List<String> MAYBE_ABSENT =
      List.of(
          "libcuda.so.1",
          "libcudart.so.13",
          "libnvrtc.so.13",
          "libcublasLt.so.13",
          "libcublas.so.13",
          "libcudnn_graph.so.9",
          "libcudnn_ops.so.9",
          "libcudnn_cnn.so.9",
          "libcudnn_adv.so.9");

  private static final TensorRtLibrary LIBRARY = load();

  private static IBuilder builder;

  private CpuOnlyTensorRt() {}

  private static TensorRtLibrary load() {
    for (String name : MAYBE_ABSENT) {
      try {
        Loader.loadGlobal(name);
      } catch (UnsatisfiedLinkError absent) {
        System.load(EMULATED.resolve("empty").resolve(name).toAbsolutePath().toString());
      }
    }
    return TensorRtLibrary.load(Optional.empty());
  }

  public static TensorRtLibrary library() {
    return LIBRARY;
  }

  /** The plugin library as it is deployed where nvcc has built it, else on emulated kernels. */
  public static Path plugins() {
    return PluginLibrary.find()
        .filter(Files::isRegularFile)
        .orElse(EMULATED.resolve("libviditq_trt_emulated.so").toAbsolutePath());
  }

  /** A builder without a GPU is an internal option of TensorRT, whose end must not go unnoticed. */
  static synchronized IBuilder builder() {
    if (builder == null) {
      LIBRARY.addPlugins(plugins());
      builder = nvinfer.createInferBuilder(LIBRARY.log());
      assertThat(builder)
          .as(
              "TensorRT made no builder without a GPU (TRT_INTERNAL_OPTIONS=%s): %s",
              System.getenv("TRT_INTERNAL_OPTIONS"), LIBRARY.log().errors())
          .isNotNull();
    }
    return builder;
  }
}
