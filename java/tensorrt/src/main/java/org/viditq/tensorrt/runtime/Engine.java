package org.viditq.tensorrt.runtime;

import java.util.List;
import org.viditq.tensorrt.engine.Profile;

/** A network that TensorRT has made ready for a device, with its weights there. */
public interface Engine extends AutoCloseable {
  /** Inputs and outputs, in the engine's order. */
  List<EngineTensor> tensors();

  /** The shapes that it takes. */
  List<Profile> profiles();

  /** Bytes of the device that a context of it takes for values between layers. */
  long activationBytes();

  /**
   * What executes the engine, for shapes of one profile.
   *
   * @param profile index into {@link #profiles()}
   * @throws org.viditq.core.error.MemoryException if the device's memory does not suffice
   */
  ExecutionContext openContext(int profile);

  /** Frees it; its contexts must be closed. */
  @Override
  void close();
}
