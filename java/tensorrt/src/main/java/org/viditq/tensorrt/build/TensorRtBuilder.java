package org.viditq.tensorrt.build;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.global.nvinfer.SerializationFlag;
import org.bytedeco.tensorrt.global.nvonnxparser;
import org.bytedeco.tensorrt.nvinfer.IBuilder;
import org.bytedeco.tensorrt.nvinfer.ICudaEngine;
import org.bytedeco.tensorrt.nvinfer.IHostMemory;
import org.bytedeco.tensorrt.nvinfer.IProgressMonitor;
import org.bytedeco.tensorrt.nvinfer.IRefitter;
import org.bytedeco.tensorrt.nvinfer.IRuntime;
import org.bytedeco.tensorrt.nvinfer.ISerializationConfig;
import org.bytedeco.tensorrt.nvonnxparser.IParserRefitter;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.OutputException;
import org.viditq.core.io.IoReason;
import org.viditq.core.machine.MachineMemory;
import org.viditq.core.tensor.Shape;
import org.viditq.cuda.BuildMonitor;
import org.viditq.cuda.PluginLibrary;
import org.viditq.cuda.TensorRtObjects;
import org.viditq.onnx.GraphFile;
import org.viditq.tensorrt.driver.NvidiaDriver;
import org.viditq.tensorrt.driver.TensorRtLibrary;
import org.viditq.tensorrt.engine.EngineCache;
import org.viditq.tensorrt.engine.EngineDescription;
import org.viditq.tensorrt.engine.EngineTarget;
import org.viditq.tensorrt.engine.Profile;
import org.viditq.tensorrt.presets.EngineBytes;

/** Builds with TensorRT, for the first device of NVIDIA's driver. */
public final class TensorRtBuilder implements EngineBuilder {
  private static final int BLOCK = 64 << 20;

  private final TensorRtLibrary library;
  private final NvidiaDriver driver;
  private final EngineCache cache;
  private final Optional<Path> plugins;
  private final Optional<String> pluginHash;
  private final IBuilder builder;

  /**
   * @param tensorRt folder of TensorRT's libraries; empty for where the system keeps libraries
   * @param plugins viditq's plugin library; empty for that of the natives, if there is one
   * @param cache whose timings are used and kept
   * @throws BackendException if there is no driver, device or TensorRT: what was looked for where
   */
  public static TensorRtBuilder open(
      Optional<Path> tensorRt, Optional<Path> plugins, EngineCache cache) {
    // First: without a driver nothing of TensorRT may be made.
    NvidiaDriver driver = NvidiaDriver.require();
    return new TensorRtBuilder(TensorRtLibrary.load(tensorRt), driver, plugins, cache);
  }

  /**
   * @param driver as it is, or in tests of TensorRT's CPU-only mode as it might be
   */
  TensorRtBuilder(
      TensorRtLibrary library, NvidiaDriver driver, Optional<Path> plugins, EngineCache cache) {
    this.library = library;
    this.driver = driver;
    this.cache = cache;
    this.plugins = plugins.or(PluginLibrary::find);
    this.pluginHash = this.plugins.map(TensorRtBuilder::hash);
    this.plugins.ifPresent(library::addPlugins);
    library.log().clear();
    this.builder = nvinfer.createInferBuilder(library.log());
    if (builder == null || builder.isNull()) {
      throw new BackendException(
          "TensorRT " + library.version() + " cannot start: " + library.log().errors() + ".");
    }
  }

  private static String hash(Path file) {
    try {
      return EngineDescription.hash(file.toRealPath());
    } catch (IOException e) {
      throw new BackendException(
          "Cannot read the plugin library " + file + ": " + IoReason.of(e) + ".", e);
    }
  }

  @Override
  public EngineTarget target() {
    return new EngineTarget(
        library.version(), driver.device(), driver.capability(), driver.version());
  }

  @Override
  public Optional<String> plugins() {
    return pluginHash;
  }

  /** Which of the builder's kernels are used, as a line. */
  public String describeResource() {
    return library
        .builderResource(driver.capability())
        .map(
            file ->
                TensorRtLibrary.isPtx(file)
                    ? "TensorRT's kernels come from "
                        + file
                        + ", which the driver compiles for this GPU; NVIDIA's own package holds"
                        + " some that are made for it (--tensorrt)"
                    : "TensorRT's kernels come from " + file)
        .orElse(
            "There are no kernels of the builder (libnvinfer_builder_resource_...) in "
                + library.folder()
                + "; where the build fails, name the folder of NVIDIA's own package (--tensorrt)");
  }

  @Override
  public void build(
      GraphFile graph,
      List<Profile> profiles,
      BuildOptions options,
      Path target,
      BuildListener listener) {
    if (graph.usesPlugins() && plugins.isEmpty()) {
      throw new BackendException(
          "The graph "
              + graph.file()
              + " has nodes of viditq's plugin library, which is not among the natives; build them"
              + " where nvcc is, or name the library with --plugins.");
    }
    try (TensorRtNetwork network = new TensorRtNetwork(builder, library.log(), graph)) {
      network.configure(options);
      MemoryEstimate estimate = prepare(network, graph, profiles, options);
      listener.note(estimate.describe());
      listener.note(describeResource());
      estimate.require(driver.freeBytes(), MachineMemory.current());
      if (!network.useTiming(cache.timing(target()))) {
        listener.note("TensorRT does not take the timings that were kept, and measures anew");
      }
      write(run(network, graph, listener), target);
      cache.keepTiming(target(), network.timing());
    }
  }

  /** Profiles, and with the largest extents the memory that is needed. */
  static MemoryEstimate prepare(
      TensorRtNetwork network, GraphFile graph, List<Profile> profiles, BuildOptions options) {
    long activations = 0;
    for (Profile profile : profiles) {
      network.add(profile);
      Map<String, Shape> largest = new TreeMap<>();
      profile.inputs().forEach((name, range) -> largest.put(name, range.max()));
      activations = Math.max(activations, network.activations(largest));
    }
    long weights = graph.constants().stream().mapToLong(GraphFile.Constant::bytes).sum();
    return new MemoryEstimate(weights, activations, options.stripped());
  }

  private IHostMemory run(TensorRtNetwork network, GraphFile graph, BuildListener listener) {
    library.log().clear();
    try (BuildMonitor monitor = new BuildMonitor()) {
      network.config().setProgressMonitor(new IProgressMonitor(pointer(monitor.address())));
      IHostMemory engine;
      try (BuildWatch watch = new BuildWatch(monitor, listener)) {
        engine = builder.buildSerializedNetwork(network.network(), network.config());
      } finally {
        network.config().setProgressMonitor(null);
      }
      if (engine == null || engine.isNull()) {
        throw new BackendException(
            monitor.isCancelled()
                ? "The build of the engine was ended before it was done; nothing is kept of it."
                : "TensorRT could not build an engine of "
                    + graph.file()
                    + ": "
                    + library.log().errors()
                    + ".");
      }
      listener.progress(100, "");
      return engine;
    }
  }

  @Override
  public void refit(Path stripped, GraphFile graph, Path target) {
    library.log().clear();
    IRuntime runtime = nvinfer.createInferRuntime(library.log());
    ICudaEngine engine = null;
    IRefitter refitter = null;
    IParserRefitter weights = null;
    ISerializationConfig form = null;
    try {
      engine = deserialize(runtime, stripped);
      refitter = nvinfer.createInferRefitter(engine, library.log());
      weights = nvonnxparser.createParserRefitter(refitter, library.log());
      // By name: the parser calls weights as the graph does.
      if (!weights.refitFromFile(graph.file().toString()) || !refitter.refitCudaEngine()) {
        throw new BackendException(
            "The weights of "
                + graph.file()
                + " do not fit the engine "
                + stripped
                + ": "
                + library.log().errors()
                + ".");
      }
      form = engine.createSerializationConfig();
      form.clearFlag(SerializationFlag.kEXCLUDE_WEIGHTS);
      form.setFlag(SerializationFlag.kINCLUDE_REFIT);
      write(engine.serializeWithConfig(form), target);
    } finally {
      TensorRtObjects.delete(form);
      TensorRtObjects.deleteParserRefitter(weights);
      TensorRtObjects.delete(refitter, engine, runtime);
    }
  }

  private ICudaEngine deserialize(IRuntime runtime, Path stripped) {
    try (BytePointer bytes = EngineBytes.read(stripped)) {
      ICudaEngine engine = runtime.deserializeCudaEngine(bytes, bytes.capacity());
      if (engine == null || engine.isNull()) {
        throw new BackendException(
            "TensorRT does not take the engine " + stripped + ": " + library.log().errors() + ".");
      }
      return engine;
    }
  }

  /** Writes an engine and releases it. */
  private static void write(IHostMemory engine, Path target) {
    try (FileChannel channel =
        FileChannel.open(
            target,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      write(new BytePointer(engine.data()), engine.size(), channel);
    } catch (IOException e) {
      throw new OutputException("Cannot write " + target + ": " + IoReason.of(e) + ".", e);
    } finally {
      TensorRtObjects.delete(engine);
    }
  }

  static void write(BytePointer bytes, long size, FileChannel channel) throws IOException {
    for (long at = 0; at < size; ) {
      long end = Math.min(size, at + BLOCK);
      at += channel.write(bytes.limit(end).position(at).asBuffer());
    }
  }

  @Override
  public void close() {
    TensorRtObjects.delete(builder);
  }

  /** An address as JavaCPP knows them. */
  static Pointer pointer(long address) {
    return new Address(address);
  }

  private static final class Address extends Pointer {
    Address(long address) {
      super((Pointer) null);
      this.address = address;
    }
  }
}
