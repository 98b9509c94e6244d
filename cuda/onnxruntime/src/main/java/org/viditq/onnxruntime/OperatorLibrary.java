package org.viditq.onnxruntime;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import org.bytedeco.javacpp.Loader;
import org.viditq.core.error.BackendException;

/**
 * The operator libraries for ONNX Runtime, which travel in the jar of this platform's natives. Hand
 * a path to {@code SessionOptions.registerCustomOpLibrary}; a session registers one of them. Both
 * have the same operators, with the same checks and the same messages.
 */
public enum OperatorLibrary {
  /** Nodes run on the CPU kernels of the backend native, with all processors. */
  NATIVE("libviditq_ort.so"),

  /** Nodes run on the CUDA kernels in emulation: what a GPU computes, thousands of times slower. */
  EMULATED("libviditq_ort_emulated.so");

  /**
   * Entry of a session's configuration: how many threads the CPU kernels of its nodes compute with.
   */
  public static final String THREADS = "viditq.threads";

  private final String file;

  OperatorLibrary(String file) {
    this.file = file;
  }

  /**
   * The library as a file: where it lies if the natives are a folder, else copied from the jar into
   * JavaCPP's cache.
   *
   * @throws BackendException if the natives of this platform are not on the class path, or cannot
   *     be copied
   */
  public Path path() {
    String platform = Loader.getPlatform();
    URL resource = OperatorLibrary.class.getResource(platform + "/" + file);
    if (resource == null) {
      throw new BackendException(
          "There is no "
              + file
              + " on the class path; add the jar viditq-onnxruntime of classifier "
              + platform
              + ".");
    }
    try {
      return resource.getProtocol().equals("file")
          ? Path.of(resource.toURI())
          : Loader.cacheResource(resource).toPath();
    } catch (IOException | URISyntaxException e) {
      throw new BackendException(
          file + " cannot be copied into JavaCPP's cache: " + e.getMessage() + ".", e);
    }
  }
}
