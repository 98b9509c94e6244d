package org.viditq.cpp.presets;

import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/**
 * Tells JavaCPP how to turn {@code viditq.h} into {@code org.viditq.cpp.bridge.Bridge} and its JNI
 * library {@code jnividitq}. The kernels are linked into that library statically.
 */
@Properties(
    value = @Platform(include = "viditq.h", library = "jnividitq"),
    target = "org.viditq.cpp.bridge",
    global = "org.viditq.cpp.bridge.Bridge")
public class ViditqPresets implements InfoMapper {
  @Override
  public void map(InfoMap infoMap) {
    infoMap.put(new Info("VIDITQ_H").skip());
  }
}
