package org.viditq.cuda.presets;

import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/**
 * Tells JavaCPP how to turn {@code viditq_cuda.h} into {@code org.viditq.cuda.bridge.Bridge} and
 * its JNI library {@code jnividitq_cuda_emulated}. The emulated kernels are linked into that
 * library statically.
 */
@Properties(
    value = @Platform(include = "viditq_cuda.h", library = "jnividitq_cuda_emulated"),
    target = "org.viditq.cuda.bridge",
    global = "org.viditq.cuda.bridge.Bridge")
public class CudaPresets implements InfoMapper {
  @Override
  public void map(InfoMap infoMap) {
    infoMap.put(new Info("VIDITQ_CUDA_H").skip());
  }
}
