package org.viditq.cuda;

import java.nio.file.Path;
import java.util.Optional;
import org.viditq.core.error.BackendException;

/** The library with what Java needs of TensorRT beside the presets; loaded once. */
final class TensorRtJava {
  private static final String NAME = "libviditq_trt_java.so";
  private static final boolean LOADED = load();

  private TensorRtJava() {}

  private static boolean load() {
    Optional<Path> library = NativeFile.find(NAME);
    library.map(Path::toString).ifPresent(System::load);
    return library.isPresent();
  }

  static boolean isAvailable() {
    return LOADED;
  }

  static BackendException missing() {
    return new BackendException(
        NAME + " is not among viditq's natives; build them with a JDK's headers at hand.");
  }
}
