package org.viditq.bench.engine;

import java.util.OptionalLong;
import org.viditq.core.operators.Backend;
import org.viditq.tensorrt.TensorRtBackend;
import org.viditq.tensorrt.driver.NvidiaDriver;

/** How much memory of the device that engines run on is in use, by all of its processes. */
@FunctionalInterface
interface DeviceMemory {
  /** In bytes; empty for backends without a device. */
  OptionalLong used();

  /** That of a backend's device. */
  static DeviceMemory of(Backend backend) {
    if (!(backend instanceof TensorRtBackend)) {
      return OptionalLong::empty;
    }
    return () -> {
      NvidiaDriver now = NvidiaDriver.require();
      return OptionalLong.of(now.totalBytes() - now.freeBytes());
    };
  }
}
