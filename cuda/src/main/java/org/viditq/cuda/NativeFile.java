package org.viditq.cuda;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;
import org.viditq.core.error.BackendException;

/** A library among this platform's natives that is used as a file. */
final class NativeFile {
  private NativeFile() {}

  /**
   * Where it lies if the natives are a folder, else copied from their jar into JavaCPP's cache.
   *
   * @param name of the file
   * @return empty if the natives on the class path have none of that name
   * @throws BackendException if it cannot be copied
   */
  static Optional<Path> find(String name) {
    URL resource = NativeFile.class.getResource(Loader.getPlatform() + "/" + name);
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
          name + " cannot be copied into JavaCPP's cache: " + e.getMessage() + ".", e);
    }
  }
}
