package org.viditq.cpp.presets;

import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/**
 * Tells JavaCPP how to turn {@code viditq.h} and {@code viditq_operators.h} into {@code
 * org.viditq.cpp.bridge.Bridge} and its JNI library {@code jnividitq}. The kernels are linked into
 * that library statically; oneDNN, which they call, is loaded first, from its own jar.
 */
@Properties(
    value =
        @Platform(
            include = {"viditq.h", "viditq_operators.h"},
            library = "jnividitq",
            preload = {"gomp@.1", "dnnl@.3"},
            preloadresource = "/org/bytedeco/dnnl/"),
    target = "org.viditq.cpp.bridge",
    global = "org.viditq.cpp.bridge.Bridge")
public class ViditqPresets implements InfoMapper {
  @Override
  public void map(InfoMap infoMap) {
    infoMap.put(new Info("VIDITQ_H", "VIDITQ_OPERATORS_H").skip());
  }
}
