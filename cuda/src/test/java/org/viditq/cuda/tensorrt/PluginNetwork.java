package org.viditq.cuda.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.tensorrt.global.nvinfer.DataType;
import org.bytedeco.tensorrt.global.nvinfer.EngineCapability;
import org.bytedeco.tensorrt.global.nvinfer.OptProfileSelector;
import org.bytedeco.tensorrt.global.nvinfer.TensorRTPhase;
import org.bytedeco.tensorrt.nvinfer.Dims64;
import org.bytedeco.tensorrt.nvinfer.IBuilder;
import org.bytedeco.tensorrt.nvinfer.IBuilderConfig;
import org.bytedeco.tensorrt.nvinfer.IHostMemory;
import org.bytedeco.tensorrt.nvinfer.INetworkDefinition;
import org.bytedeco.tensorrt.nvinfer.IOptimizationProfile;
import org.bytedeco.tensorrt.nvinfer.IPluginV3;
import org.bytedeco.tensorrt.nvinfer.IPluginV3Layer;
import org.bytedeco.tensorrt.nvinfer.ITensor;
import org.bytedeco.tensorrt.nvinfer.Weights;

/** A network of TensorRT in the making, and the memory of its constants, which it only borrows. */
final class PluginNetwork {
  private final IBuilder builder = TensorRt.builder();
  private final INetworkDefinition network = builder.createNetworkV2(0);
  private final IOptimizationProfile profile = builder.createOptimizationProfile();
  private final List<Pointer> borrowed = new ArrayList<>();

  /** An input whose extents of -1 range from 1 by 4 to 16, in the profile. */
  ITensor input(String name, DataType type, long... extents) {
    setProfile(name, OptProfileSelector.kMIN, 1, extents);
    setProfile(name, OptProfileSelector.kOPT, 4, extents);
    setProfile(name, OptProfileSelector.kMAX, 16, extents);
    return network.addInput(name, type, dims(extents));
  }

  private void setProfile(String name, OptProfileSelector selector, long unknown, long[] extents) {
    long[] known = extents.clone();
    for (int i = 0; i < known.length; i++) {
      known[i] = known[i] < 0 ? unknown : known[i];
    }
    assertThat(profile.setDimensions(name, selector, dims(known))).isTrue();
  }

  /** Zeros. */
  ITensor constant(DataType type, long... extents) {
    long count = 1;
    for (long extent : extents) {
      count *= extent;
    }
    int bytes = type == DataType.kINT8 ? 1 : type == DataType.kHALF ? 2 : 4;
    BytePointer zeros = new BytePointer(count * bytes);
    Pointer.memset(zeros, 0, count * bytes);
    borrowed.add(zeros);
    Weights weights = new Weights().type(type).values(zeros).count(count);
    return network.addConstant(dims(extents), weights).getOutput(0);
  }

  /** The outputs of a new plugin; null if TensorRT refused it. */
  List<ITensor> plugin(String name, PluginFields fields, List<ITensor> inputs) {
    IPluginV3 plugin;
    try (fields) {
      plugin = TensorRt.creator(name).createPlugin(name, fields.collection(), TensorRTPhase.kBUILD);
    }
    assertThat(plugin).as(() -> String.join("\n", TensorRt.LOG.lines())).isNotNull();
    try (PointerPointer<ITensor> tensors = new PointerPointer<>(inputs.toArray(new ITensor[0]))) {
      IPluginV3Layer layer =
          network.addPluginV3(tensors, inputs.size(), new PointerPointer<>(1L), 0, plugin);
      if (layer == null) {
        return null;
      }
      List<ITensor> outputs = new ArrayList<>();
      for (int i = 0; i < layer.getNbOutputs(); i++) {
        outputs.add(layer.getOutput(i));
      }
      return outputs;
    }
  }

  /**
   * Lets TensorRT build an engine. Without a GPU it does so only for its safety runtime, and comes
   * as far as timing the plugins: formats, configuration, fields and tactics have then been asked
   * for.
   *
   * @return null if it could not
   */
  IHostMemory build(ITensor output) {
    network.markOutput(output);
    IBuilderConfig config = builder.createBuilderConfig();
    config.setEngineCapability(EngineCapability.kSAFETY.value);
    assertThat(profile.isValid()).isTrue();
    assertThat(config.addOptimizationProfile(profile)).isZero();
    return builder.buildSerializedNetwork(network, config);
  }

  /** Null if shape inference refused. */
  static List<Long> extents(ITensor tensor) {
    Dims64 dims = tensor.getDimensions();
    List<Long> extents = new ArrayList<>();
    for (int i = 0; i < dims.nbDims(); i++) {
      extents.add(dims.d(i));
    }
    return dims.nbDims() < 0 ? null : extents;
  }

  private static Dims64 dims(long... extents) {
    Dims64 dims = new Dims64().nbDims(extents.length);
    for (int i = 0; i < extents.length; i++) {
      dims.d(i, extents[i]);
    }
    return dims;
  }
}
