package org.viditq.bench.onnxruntime;

import ai.onnxruntime.OrtEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.viditq.core.error.BackendException;

/** ONNX Runtime's environment, one per process. */
final class Environment {
  private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

  /** ONNX Runtime 1.29 takes the process down where the command line is longer than 3980 bytes. */
  private static final int LONGEST_COMMAND_LINE = 3900;

  private Environment() {}

  /**
   * @throws BackendException if loading ONNX Runtime would end the process
   */
  static OrtEnvironment get() {
    int length = commandLineLength();
    if (length > LONGEST_COMMAND_LINE) {
      throw new BackendException(
          "ONNX Runtime crashes in a process whose command line is as long as "
              + length
              + " bytes; pass the class path in the environment variable CLASSPATH instead.");
    }
    return OrtEnvironment.getEnvironment();
  }

  private static int commandLineLength() {
    try {
      return Files.readAllBytes(COMMAND_LINE).length;
    } catch (IOException elsewhere) {
      return 0;
    }
  }
}
