package org.viditq.cuda.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.nvinfer.IBuilder;
import org.bytedeco.tensorrt.nvinfer.IPluginCreatorInterface;
import org.bytedeco.tensorrt.nvinfer.IPluginCreatorV3One;
import org.bytedeco.tensorrt.nvinfer.IPluginRegistry;
import org.viditq.cuda.PluginLibrary;

/**
 * The real TensorRT with our plugin library in its registry, once per process. Needs no GPU: where
 * the driver's and CUDA's libraries are missing, empty ones stand in for them, and Surefire's
 * configuration asks TensorRT to build networks on the CPU.
 */
final class TensorRt {
  static final String NAMESPACE = "viditq";
  static final String VERSION = "1";

  private static final Path BUILD = Path.of(System.getProperty("viditq.cuda.tensorrt"));
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

  static final Log LOG;
  static final IBuilder BUILDER;
  private static final IPluginRegistry REGISTRY;

  static {
    for (String name : MAYBE_ABSENT) {
      try {
        Loader.loadGlobal(name);
      } catch (UnsatisfiedLinkError absent) {
        System.load(BUILD.resolve("empty").resolve(name).toString());
      }
    }
    Loader.load(nvinfer.class);
    LOG = new Log();
    BUILDER = nvinfer.createInferBuilder(LOG);
    REGISTRY = nvinfer.getPluginRegistry();
    assertThat(REGISTRY.loadLibrary(library().toString())).as("library handle").isNotNull();
  }

  private TensorRt() {}

  /** The library as it is deployed where nvcc has built it, else its twin on emulated kernels. */
  static Path library() {
    Path emulated = BUILD.resolve("libviditq_trt_emulated.so");
    assertThat(emulated).exists();
    return PluginLibrary.find().filter(Files::isRegularFile).orElse(emulated);
  }

  static IPluginCreatorV3One creator(String name) {
    IPluginCreatorInterface creator = REGISTRY.getCreator(name, VERSION, NAMESPACE);
    assertThat(creator).as("creator of " + name).isNotNull();
    return new IPluginCreatorV3One(creator);
  }

  /**
   * Names of the registered plugins of our namespace that TensorRT makes by the interface of ours.
   */
  static List<String> registered() {
    List<String> names = new ArrayList<>();
    try (IntPointer count = new IntPointer(1L)) {
      PointerPointer<IPluginCreatorInterface> all =
          new PointerPointer<>(REGISTRY.getAllCreators(count));
      for (int i = 0; i < count.get(); i++) {
        IPluginCreatorInterface creator = all.get(IPluginCreatorInterface.class, i);
        if (creator.getInterfaceInfo().kind().equals("PLUGIN CREATOR_V3ONE")) {
          IPluginCreatorV3One ours = new IPluginCreatorV3One(creator);
          if (ours.getPluginNamespace().equals(NAMESPACE)) {
            names.add(ours.getPluginName());
          }
        }
      }
    }
    return names;
  }

  /**
   * A builder without a GPU is an internal option of TensorRT. Should a version drop it, the tests
   * of whole networks must not pass in silence.
   */
  static IBuilder builder() {
    assertThat(BUILDER)
        .as(
            "TensorRT made no builder without a GPU (TRT_INTERNAL_OPTIONS=%s); networks of plugins"
                + " are untested. Its log: %s",
            System.getenv("TRT_INTERNAL_OPTIONS"), LOG.lines())
        .isNotNull();
    return BUILDER;
  }
}
