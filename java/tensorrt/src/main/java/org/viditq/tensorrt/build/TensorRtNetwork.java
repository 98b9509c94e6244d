package org.viditq.tensorrt.build;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.tensorrt.global.nvinfer.BuilderFlag;
import org.bytedeco.tensorrt.global.nvinfer.HardwareCompatibilityLevel;
import org.bytedeco.tensorrt.global.nvinfer.LayerType;
import org.bytedeco.tensorrt.global.nvinfer.MemoryPoolType;
import org.bytedeco.tensorrt.global.nvinfer.NetworkDefinitionCreationFlag;
import org.bytedeco.tensorrt.global.nvinfer.OptProfileSelector;
import org.bytedeco.tensorrt.global.nvonnxparser;
import org.bytedeco.tensorrt.nvinfer.Dims64;
import org.bytedeco.tensorrt.nvinfer.IBuilder;
import org.bytedeco.tensorrt.nvinfer.IBuilderConfig;
import org.bytedeco.tensorrt.nvinfer.IHostMemory;
import org.bytedeco.tensorrt.nvinfer.ILayer;
import org.bytedeco.tensorrt.nvinfer.INetworkDefinition;
import org.bytedeco.tensorrt.nvinfer.IOptimizationProfile;
import org.bytedeco.tensorrt.nvinfer.ITensor;
import org.bytedeco.tensorrt.nvinfer.ITimingCache;
import org.bytedeco.tensorrt.nvonnxparser.IParser;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.InvalidModelException;
import org.viditq.core.error.Printable;
import org.viditq.core.tensor.Shape;
import org.viditq.cuda.TensorRtObjects;
import org.viditq.onnx.GraphFile;
import org.viditq.tensorrt.driver.TensorRtLog;
import org.viditq.tensorrt.engine.Profile;
import org.viditq.tensorrt.presets.Shapes;

/**
 * A graph as TensorRT's network with the configuration that it is built with. Strongly typed: every
 * layer computes in the type that the graph says.
 */
final class TensorRtNetwork implements AutoCloseable {
  /** Of the parser: warnings. */
  private static final int VERBOSITY = 2;

  private static final int UNKNOWN = -1;

  private final IBuilder builder;
  private final TensorRtLog log;
  private final GraphFile graph;
  private final INetworkDefinition network;
  private final IParser parser;
  private final IBuilderConfig config;
  private ITimingCache timing;

  /**
   * @throws InvalidModelException if TensorRT does not take the graph
   */
  TensorRtNetwork(IBuilder builder, TensorRtLog log, GraphFile graph) {
    this.builder = builder;
    this.log = log;
    this.graph = graph;
    log.clear();
    network = builder.createNetworkV2(1 << NetworkDefinitionCreationFlag.kSTRONGLY_TYPED.value);
    config = builder.createBuilderConfig();
    parser = nvonnxparser.createParser(network, log);
    // By its path, beside which the parser finds weights beyond 2 GB.
    if (!parser.parseFromFile(graph.file().toString(), VERBOSITY)) {
      String errors = log.errors();
      close();
      throw new InvalidModelException(
          "TensorRT does not take the graph " + graph.file() + ": " + errors + ".");
    }
  }

  INetworkDefinition network() {
    return network;
  }

  IBuilderConfig config() {
    return config;
  }

  /**
   * Sets flags, and marks the weights that other checkpoints may have others of.
   *
   * @throws BackendException if TensorRT refuses one
   */
  void configure(BuildOptions options) {
    config.setBuilderOptimizationLevel(options.effort());
    if (options.versionCompatible()) {
      config.setFlag(BuilderFlag.kVERSION_COMPATIBLE);
    }
    config.setHardwareCompatibilityLevel(
        switch (options.hardware()) {
          case SAME -> HardwareCompatibilityLevel.kNONE;
          case SAME_CAPABILITY -> HardwareCompatibilityLevel.kSAME_COMPUTE_CAPABILITY;
          case AMPERE_AND_LATER -> HardwareCompatibilityLevel.kAMPERE_PLUS;
        });
    options
        .workspace()
        .ifPresent(bytes -> config.setMemoryPoolLimit(MemoryPoolType.kWORKSPACE, bytes));
    if (options.stripped()) {
      // Only what is marked is left out and kept apart from its neighbours; numbers of formulas
      // stay in the plan, where they are folded.
      config.setFlag(BuilderFlag.kSTRIP_PLAN);
      config.setFlag(BuilderFlag.kREFIT_INDIVIDUAL);
      for (GraphFile.Constant constant : graph.constants()) {
        if (constant.refittable() && !network.markWeightsRefittable(constant.name())) {
          throw new BackendException(
              "TensorRT does not know the weights "
                  + Printable.name(constant.name())
                  + " of "
                  + graph.file()
                  + ", so an engine without weights cannot be refitted: "
                  + log.errors()
                  + ".");
        }
      }
    }
  }

  /**
   * Adds a profile, with which all shapes must be known.
   *
   * @throws BackendException if TensorRT refuses it
   */
  void add(Profile profile) {
    IOptimizationProfile made = builder.createOptimizationProfile();
    profile
        .inputs()
        .forEach(
            (name, range) -> {
              boolean taken =
                  made.setDimensions(name, OptProfileSelector.kMIN, Shapes.dims(range.min()))
                      && made.setDimensions(name, OptProfileSelector.kOPT, Shapes.dims(range.opt()))
                      && made.setDimensions(
                          name, OptProfileSelector.kMAX, Shapes.dims(range.max()));
              if (!taken) {
                throw refused(name);
              }
            });
    if (!made.isValid() || config.addOptimizationProfile(made) < 0) {
      throw refused("the graph");
    }
  }

  private BackendException refused(String what) {
    return new BackendException(
        "TensorRT does not take the profile of "
            + Printable.name(what)
            + ": "
            + log.errors()
            + ".");
  }

  /**
   * Bytes that lie between layers at the worst moment, layers being computed one after the other as
   * they stand; and a check that TensorRT knows all shapes.
   *
   * @param shapes of the inputs
   * @throws InvalidModelException if the graph cannot be computed with these
   */
  long activations(Map<String, Shape> shapes) {
    Map<ITensor, Dims64> open = new HashMap<>();
    try {
      for (int i = 0; i < network.getNbInputs(); i++) {
        ITensor input = network.getInput(i);
        open.put(input, input.getDimensions());
        input.setDimensions(Shapes.dims(shapes.get(input.getName())));
      }
      return peak();
    } finally {
      open.forEach(ITensor::setDimensions);
    }
  }

  /** A value, and the last layer that reads it. */
  private record Value(long bytes, int last) {}

  private long peak() {
    int layers = network.getNbLayers();
    Map<Long, Integer> lastUse = new HashMap<>();
    List<List<ITensor>> outputs = new ArrayList<>();
    for (int i = 0; i < layers; i++) {
      ILayer layer = network.getLayer(i);
      for (int k = 0; k < layer.getNbInputs(); k++) {
        ITensor input = layer.getInput(k);
        if (input != null && !input.isNull()) {
          lastUse.put(input.address(), i);
        }
      }
      List<ITensor> values = new ArrayList<>();
      // Constants are weights, and counted as such.
      if (layer.getType().intern() != LayerType.kCONSTANT) {
        for (int k = 0; k < layer.getNbOutputs(); k++) {
          values.add(layer.getOutput(k));
        }
      }
      outputs.add(values);
    }
    long now = 0;
    long most = 0;
    Map<Integer, Long> freed = new HashMap<>();
    for (int i = 0; i < network.getNbInputs(); i++) {
      now += bytes(network.getInput(i)); // bound by the caller, as outputs are
    }
    for (int i = 0; i < layers; i++) {
      for (ITensor output : outputs.get(i)) {
        Value value = new Value(bytes(output), lastUse.getOrDefault(output.address(), layers));
        now += value.bytes();
        freed.merge(value.last(), value.bytes(), Long::sum);
      }
      most = Math.max(most, now);
      now -= freed.getOrDefault(i, 0L);
    }
    return most;
  }

  private long bytes(ITensor tensor) {
    Dims64 dims = tensor.getDimensions();
    long bytes =
        switch (tensor.getType().intern()) {
          case kINT64 -> 8;
          case kFLOAT, kINT32 -> 4;
          case kHALF, kBF16 -> 2;
          default -> 1;
        };
    if (dims.nbDims() < 0) {
      throw unknown(tensor);
    }
    for (int axis = 0; axis < dims.nbDims(); axis++) {
      long dim = dims.d(axis);
      if (dim == UNKNOWN) {
        throw unknown(tensor);
      }
      bytes = Math.multiplyExact(bytes, dim);
    }
    return bytes;
  }

  private InvalidModelException unknown(ITensor tensor) {
    return new InvalidModelException(
        "TensorRT does not know how large "
            + Printable.name(tensor.getName())
            + " of "
            + graph.file()
            + " is at these extents: "
            + log.errors()
            + ".");
  }

  /**
   * Lets the build use what earlier ones have measured.
   *
   * @param bytes of {@link #timing()}, in this or another process; empty for none
   * @return false if TensorRT does not take them, and begins anew
   */
  boolean useTiming(byte[] bytes) {
    try (BytePointer data = new BytePointer(bytes)) {
      timing = bytes.length == 0 ? null : config.createTimingCache(data, bytes.length);
      if (timing != null && !timing.isNull() && config.setTimingCache(timing, false)) {
        return true;
      }
    }
    TensorRtObjects.delete(timing);
    timing = config.createTimingCache((Pointer) null, 0);
    config.setTimingCache(timing, false);
    return bytes.length == 0;
  }

  /** What has been measured until now. */
  byte[] timing() {
    IHostMemory memory = timing.serialize();
    try {
      byte[] bytes = new byte[Math.toIntExact(memory.size())];
      new BytePointer(memory.data()).capacity(bytes.length).get(bytes);
      return bytes;
    } finally {
      TensorRtObjects.delete(memory);
    }
  }

  /** The builder stays open. */
  @Override
  public void close() {
    TensorRtObjects.delete(timing, config);
    TensorRtObjects.deleteParser(parser);
    TensorRtObjects.delete(network);
  }
}
