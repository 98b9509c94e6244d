package org.viditq.cuda;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;
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
    URL resource = PluginLibrary.class.getResource(Loader.getPlatform() + "/" + NAME);
    if (resource == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          resource.getProtocol().equals("file")
              ? Path.of(resource.toURI())
              : Loader.cacheResource(resource).toPath());
    } catch (IOException | URISyntaxException e) {
      throw new BackendException(
          "The plugin library cannot be copied into JavaCPP's cache: " + e.getMessage() + ".", e);
    }
  }
}
