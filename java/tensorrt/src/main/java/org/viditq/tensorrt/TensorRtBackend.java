package org.viditq.tensorrt;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.viditq.core.error.BackendException;
import org.viditq.core.operators.BackendSettings;
import org.viditq.core.operators.Backends;
import org.viditq.core.operators.Operators;
import org.viditq.core.operators.Precision;
import org.viditq.core.pipeline.Networks;
import org.viditq.core.pipeline.RecordingBackend;
import org.viditq.cuda.PluginLibrary;
import org.viditq.onnx.FloatFormat;
import org.viditq.onnx.OnnxOptions;
import org.viditq.onnx.OnnxOptions.AttentionForm;
import org.viditq.tensorrt.build.BuildOptions;
import org.viditq.tensorrt.build.CachedEngines;
import org.viditq.tensorrt.build.TensorRtBuilder;
import org.viditq.tensorrt.driver.NvidiaDriver;
import org.viditq.tensorrt.driver.TensorRtLibrary;
import org.viditq.tensorrt.engine.EngineCache;
import org.viditq.tensorrt.presets.TensorRtRuntime;
import org.viditq.tensorrt.run.TensorRtNetworks;

/** The backend {@code tensorrt}: networks as engines of the first NVIDIA GPU. */
public final class TensorRtBackend implements RecordingBackend {
  private static final Logger LOG = LoggerFactory.getLogger(TensorRtBackend.class);
  private static final String ALTERNATIVE = "native";

  private final Set<String> said = new HashSet<>();

  @Override
  public String name() {
    return "tensorrt";
  }

  /** The least: building engines takes minutes, which nobody should get without asking. */
  @Override
  public int priority() {
    return -1;
  }

  /**
   * The driver, CUDA's runtime, a GPU and the plugin library, in this order. Whether TensorRT is
   * there shows when {@link #networks} opens it, as its folder is a setting.
   */
  @Override
  public Optional<String> unavailable() {
    try {
      NvidiaDriver.require();
    } catch (BackendException missing) {
      return Optional.of(missing.getMessage());
    }
    return PluginLibrary.find().isPresent()
        ? Optional.empty()
        : Optional.of(
            "libviditq_trt.so, the plugin library, is not among viditq's natives, which were built"
                + " without CUDA's compiler; build them where nvcc is on the PATH.");
  }

  @Override
  public Optional<String> alternative() {
    return Optional.of(ALTERNATIVE);
  }

  @Override
  public Optional<String> unsupported(Precision precision) {
    return Optional.empty();
  }

  /** Operators of the backend native, in float32. */
  @Override
  public Operators<?> open(BackendSettings settings) {
    sayOnce("What is not run as an engine is computed by backend " + ALTERNATIVE + ".");
    return Backends.find(ALTERNATIVE).open(BackendSettings.threads(settings.threads()));
  }

  @Override
  public Networks networks(BackendSettings settings) {
    NvidiaDriver driver = NvidiaDriver.require(); // before anything of TensorRT is touched
    if (settings.device() != 0) {
      throw new BackendException(
          "Backend tensorrt runs on the first GPU; choose another one with CUDA_VISIBLE_DEVICES.");
    }
    TensorRtLibrary library = TensorRtLibrary.load(settings.libraries());
    Path plugins =
        PluginLibrary.find().orElseThrow(() -> new BackendException(unavailable().orElseThrow()));
    library.addPlugins(plugins);
    EngineCache cache = settings.cache().map(EngineCache::in).orElseGet(EngineCache::ofUser);
    return new TensorRtNetworks(
        new TensorRtRuntime(driver, library, settings.device()),
        new CachedEngines(
            cache,
            () -> TensorRtBuilder.open(settings.libraries(), Optional.of(plugins), cache),
            BuildOptions.DEFAULT,
            LOG::info),
        OnnxOptions.plugin(format(settings.precision()), AttentionForm.NODE),
        why -> sayOnce(why + " That part is computed by backend " + ALTERNATIVE + "."));
  }

  private static FloatFormat format(Precision precision) {
    return switch (precision) {
      case FP32 -> FloatFormat.FP32;
      case FP16 -> FloatFormat.FP16;
      case BF16 -> FloatFormat.BF16;
    };
  }

  private synchronized void sayOnce(String sentence) {
    if (said.add(sentence)) {
      LOG.warn("{}", sentence);
    }
  }
}
