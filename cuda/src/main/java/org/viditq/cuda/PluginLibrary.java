package org.viditq.cuda;

import java.nio.file.Path;
import java.util.Optional;
import org.viditq.core.error.BackendException;

/**
 * The TensorRT plugin library {@code libviditq_trt.so}, which travels in the jar of this platform's
 * natives where that was built with nvcc. Hand its path to TensorRT's plugin registry, to {@code
 * trtexec --staticPlugins} or to Triton.
 */
public final class PluginLibrary {
  private static final String NAME = "libviditq_trt.so";

  private PluginLibrary() {}

  /**
   * The library as a file: where it lies if the natives are a folder, else copied from the jar into
   * JavaCPP's cache.
   *
   * @return empty if the natives on the class path have no plugin library
   * @throws BackendException if it cannot be copied
   */
  public static Optional<Path> find() {
    return NativeFile.find(NAME);
  }
}
