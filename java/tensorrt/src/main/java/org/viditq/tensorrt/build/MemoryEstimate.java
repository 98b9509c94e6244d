package org.viditq.tensorrt.build;

import java.util.Locale;
import java.util.Optional;
import org.viditq.core.error.MemoryException;
import org.viditq.core.machine.MachineMemory;

/**
 * What a build is expected to take, before it begins. An estimate and no bound: TensorRT fuses
 * layers, which saves activations, and tries kernels, which takes scratch memory.
 *
 * @param weights bytes of the graph's constants
 * @param activations bytes of what lies between layers at the worst moment, at the largest extents
 * @param stripped whether the engine is written without weights
 */
public record MemoryEstimate(long weights, long activations, boolean stripped) {
  /** Scratch memory of kernels that TensorRT tries, and CUDA's own. */
  private static final long DEVICE_REST = 1L << 30;

  /** TensorRT's libraries, kernels and timings. */
  private static final long HOST_REST = 2L << 30;

  private static final double MIB = 1 << 20;

  /** Weights and activations lie on the device while kernels are timed. */
  public long device() {
    return weights + activations + DEVICE_REST;
  }

  /** As read by the parser, as arranged for kernels, and in the engine. */
  public long host() {
    return (stripped ? 2 : 3) * weights + HOST_REST;
  }

  /** As a line. */
  public String describe() {
    return String.format(
        Locale.ROOT,
        "The build is expected to take %.0f MiB on the device (weights %.0f, activations %.0f) and"
            + " %.0f MiB on the host",
        device() / MIB,
        weights / MIB,
        activations / MIB,
        host() / MIB);
  }

  /**
   * @param deviceFree bytes
   * @param machine empty where the system does not tell
   * @throws MemoryException if it cannot fit
   */
  public void require(long deviceFree, Optional<MachineMemory> machine) {
    if (device() > deviceFree) {
      throw new MemoryException(
          String.format(
              Locale.ROOT,
              "The build needs about %.0f MiB of the GPU's memory, of which %.0f MiB are free; end"
                  + " what else uses it, or choose a smaller --max, a quantized model or fp16.",
              device() / MIB,
              deviceFree / MIB));
    }
    machine
        .filter(memory -> host() > memory.available())
        .ifPresent(
            memory -> {
              throw new MemoryException(
                  String.format(
                      Locale.ROOT,
                      "The build needs about %.0f MiB of memory, of which %.0f MiB are available;"
                          + " end other programs, or build on a larger machine.",
                      host() / MIB,
                      memory.available() / MIB));
            });
  }
}
