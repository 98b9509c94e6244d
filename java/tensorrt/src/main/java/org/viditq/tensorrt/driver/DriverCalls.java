package org.viditq.tensorrt.driver;

import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.SizeTPointer;

/** What is asked of NVIDIA's driver; results as CUDA numbers them, 0 for success. */
interface DriverCalls {
  /** Loads a library for all others, from where the system looks for it; throws a LinkageError. */
  void load(String library);

  /** Whether a loaded library defines a function. */
  boolean defines(String function);

  int init();

  /** The latest version of CUDA that the driver knows: 13000. */
  int version(int[] version);

  int count(int[] count);

  int name(byte[] name, int device);

  /** An attribute of the compute capability: 75 the major, 76 the minor number. */
  int attribute(int[] value, int attribute, int device);

  int memory(long[] freeAndTotal, int device);

  /** Those of the libraries. */
  final class Real implements DriverCalls {
    @Override
    public void load(String library) {
      Loader.loadGlobal(library);
    }

    @Override
    public boolean defines(String function) {
      return Loader.addressof(function) != null;
    }

    @Override
    public int init() {
      return cudart.cuInit(0);
    }

    @Override
    public int version(int[] version) {
      return cudart.cuDriverGetVersion(version);
    }

    @Override
    public int count(int[] count) {
      return cudart.cuDeviceGetCount(count);
    }

    @Override
    public int name(byte[] name, int device) {
      return cudart.cuDeviceGetName(name, name.length, device);
    }

    @Override
    public int attribute(int[] value, int attribute, int device) {
      return cudart.cuDeviceGetAttribute(value, attribute, device);
    }

    @Override
    public int memory(long[] freeAndTotal, int device) {
      try (SizeTPointer free = new SizeTPointer(1);
          SizeTPointer total = new SizeTPointer(1)) {
        int status = cudart.cudaSetDevice(device);
        if (status == 0) {
          status = cudart.cudaMemGetInfo(free, total);
          freeAndTotal[0] = free.get();
          freeAndTotal[1] = total.get();
        }
        return status;
      }
    }
  }
}
