package org.viditq.tensorrt.engine;

import org.viditq.tensorrt.engine.EngineException.Reason;

/**
 * What an engine is built for, or where one is to be run.
 *
 * @param tensorRt version of TensorRT, with four numbers: 11.2.1.2
 * @param gpu name of the device
 * @param capability compute capability of the device: 9.0
 * @param driver version of NVIDIA's driver
 */
public record EngineTarget(String tensorRt, String gpu, String capability, String driver) {
  /** On which devices beside the one that it was built on an engine may run. */
  public enum Hardware {
    /** On devices of the same name and compute capability only. */
    SAME,
    /** On all devices of the same compute capability. */
    SAME_CAPABILITY,
    /** On all devices of compute capability 8.0 and more. */
    AMPERE_AND_LATER
  }

  /**
   * Holds an engine that was built for this against a device and library.
   *
   * @param name of the engine, for messages
   * @param versionCompatible whether it holds what later versions of TensorRT run it with
   * @throws EngineException if it cannot run there
   */
  void require(EngineTarget here, Hardware hardware, boolean versionCompatible, String name) {
    boolean fits =
        switch (hardware) {
          case SAME -> gpu.equals(here.gpu) && capability.equals(here.capability);
          case SAME_CAPABILITY -> capability.equals(here.capability);
          case AMPERE_AND_LATER -> major(here.capability) >= 8;
        };
    if (!fits) {
      throw new EngineException(
          Reason.OTHER_GPU,
          name
              + " was built for "
              + describe(hardware)
              + ", but this is a "
              + here.gpu
              + " of compute capability "
              + here.capability
              + "; build it here, or with --hardware.");
    }
    boolean known =
        versionCompatible
            ? major(tensorRt) == major(here.tensorRt)
            : tensorRt.equals(here.tensorRt);
    if (!known) {
      throw new EngineException(
          Reason.OTHER_VERSION,
          name
              + " was built by TensorRT "
              + tensorRt
              + (versionCompatible ? " for its major version" : "")
              + ", but this is "
              + here.tensorRt
              + "; build it here, or with --version-compatible.");
    }
  }

  private String describe(Hardware hardware) {
    return switch (hardware) {
      case SAME -> "a " + gpu + " of compute capability " + capability;
      case SAME_CAPABILITY -> "compute capability " + capability;
      case AMPERE_AND_LATER -> "compute capability 8.0 and more";
    };
  }

  private static int major(String version) {
    String number = version.split("\\.", 2)[0];
    return number.matches("[0-9]{1,4}") ? Integer.parseInt(number) : -1;
  }
}
