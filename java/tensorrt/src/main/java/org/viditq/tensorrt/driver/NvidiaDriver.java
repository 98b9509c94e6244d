package org.viditq.tensorrt.driver;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.viditq.core.error.BackendException;
import org.viditq.core.error.Printable;

/**
 * NVIDIA's driver and its first device.
 *
 * @param version of the driver, as the kernel's module says it; of the CUDA that it knows where
 *     that says nothing
 * @param device name
 * @param capability compute capability: 9.0
 * @param freeBytes of the device's memory, now
 * @param totalBytes of the device's memory
 */
public record NvidiaDriver(
    String version, String device, String capability, long freeBytes, long totalBytes) {
  private static final String DRIVER = "libcuda.so.1";
  private static final String RUNTIME = "libcudart.so.13";
  private static final int OLDEST_CUDA = 13000;
  private static final int MAJOR = 75;
  private static final int MINOR = 76;
  private static final int NO_DEVICE = 100;
  private static final int MOST_NAME = 256;
  private static final Path MODULE = Path.of("/sys/module/nvidia/version");

  /**
   * Asks the driver of this machine.
   *
   * @throws BackendException if there is none, or it is too old, or has no device: what was looked
   *     for where, and what helps
   */
  public static NvidiaDriver require() {
    return require(new DriverCalls.Real(), moduleVersion());
  }

  static NvidiaDriver require(DriverCalls calls, String module) {
    load(
        calls,
        DRIVER,
        "There is no NVIDIA driver on this machine",
        "install one, or start the container with its GPUs (--gpus all)");
    // A file of this name without the function is a stand-in, such as CUDA's stubs. Calling it
    // through the bindings would end the process.
    for (String function : new String[] {"cuInit", "cuDriverGetVersion", "cuDeviceGetCount"}) {
      if (!calls.defines(function)) {
        throw new BackendException(
            DRIVER
                + " is not NVIDIA's driver, as it has no function "
                + function
                + "; remove it from the library path.");
      }
    }
    load(
        calls,
        RUNTIME,
        "CUDA's runtime is not on this machine",
        "install CUDA 13 or name its folder in LD_LIBRARY_PATH");
    int[] number = new int[1];
    requireSuccess(calls.version(number), "tell its version");
    if (number[0] < OLDEST_CUDA) {
      throw new BackendException(
          "NVIDIA's driver"
              + (module.isEmpty() ? "" : " " + module)
              + " knows CUDA "
              + cuda(number[0])
              + " at most, but CUDA 13.0 is needed; install driver 580 or later.");
    }
    int status = calls.init();
    if (status == NO_DEVICE) {
      throw noDevice();
    }
    requireSuccess(status, "start");
    String version = module.isEmpty() ? "CUDA " + cuda(number[0]) : module;
    requireSuccess(calls.count(number), "count its devices");
    if (number[0] < 1) {
      throw noDevice();
    }
    byte[] name = new byte[MOST_NAME];
    requireSuccess(calls.name(name, 0), "name its device");
    int[] major = new int[1];
    int[] minor = new int[1];
    requireSuccess(calls.attribute(major, MAJOR, 0), "describe its device");
    requireSuccess(calls.attribute(minor, MINOR, 0), "describe its device");
    long[] memory = new long[2];
    requireSuccess(calls.memory(memory, 0), "tell the memory of its device");
    return new NvidiaDriver(version, text(name), major[0] + "." + minor[0], memory[0], memory[1]);
  }

  private static void load(DriverCalls calls, String library, String missing, String help) {
    try {
      calls.load(library);
    } catch (LinkageError e) {
      throw new BackendException(
          missing
              + ": "
              + library
              + " was looked for where the system keeps libraries and in LD_LIBRARY_PATH; "
              + help
              + ".",
          e);
    }
  }

  private static BackendException noDevice() {
    return new BackendException(
        "NVIDIA's driver finds no GPU; look with nvidia-smi, and whether CUDA_VISIBLE_DEVICES hides"
            + " it.");
  }

  private static void requireSuccess(int status, String what) {
    if (status != 0) {
      throw new BackendException(
          "NVIDIA's driver could not " + what + " (error " + status + "); look with nvidia-smi.");
    }
  }

  /** 13000 as 13.0, 12040 as 12.4. */
  private static String cuda(int version) {
    return version / 1000 + "." + version % 1000 / 10;
  }

  private static String text(byte[] bytes) {
    int end = 0;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    return Printable.name(new String(bytes, 0, end, StandardCharsets.UTF_8));
  }

  private static String moduleVersion() {
    try {
      return Files.readString(MODULE).strip();
    } catch (IOException notThere) {
      return "";
    }
  }
}
