package org.viditq.tensorrt.build;

import java.util.OptionalLong;
import org.viditq.tensorrt.engine.EngineTarget.Hardware;

/**
 * How an engine is built, beside its profiles.
 *
 * @param stripped whether weights are left out, so that the engine is refitted with those of one
 *     checkpoint or another
 * @param versionCompatible whether later versions of TensorRT with the same major number can run it
 * @param hardware on which other devices it may run
 * @param workspace bytes of device memory that kernels may use beside their operands; empty for as
 *     much as there is
 * @param effort TensorRT's optimization level: 0 (built fast) to 5 (runs fast)
 */
public record BuildOptions(
    boolean stripped,
    boolean versionCompatible,
    Hardware hardware,
    OptionalLong workspace,
    int effort) {
  /** For this device and version, with weights. */
  public static final BuildOptions DEFAULT =
      new BuildOptions(false, false, Hardware.SAME, OptionalLong.empty(), 3);

  /** The same with or without weights. */
  public BuildOptions withStripped(boolean without) {
    return new BuildOptions(without, versionCompatible, hardware, workspace, effort);
  }
}
