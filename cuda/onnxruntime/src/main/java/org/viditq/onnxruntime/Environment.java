package org.viditq.onnxruntime;

import ai.onnxruntime.OrtEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.viditq.core.error.BackendException;

/** ONNX Runtime's environment, one per process. */
public final class Environment {
  private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

  /** ONNX Runtime 1.29 takes the process down where the command line is longer than 3980 bytes. */
  private static final int LONGEST_COMMAND_LINE = 3900;

  private Environment() {}

  /**
   * @throws BackendException if loading ONNX Runtime would end the process
   */
  public static OrtEnvironment get() {
    unavailable()
        .ifPresent(
            why -> {
              throw new BackendException(why);
            });
    return OrtEnvironment.getEnvironment();
  }

  /** Why loading ONNX Runtime would end the process, in one sentence; empty if it would not. */
  static Optional<String> unavailable() {
    int length = commandLineLength();
    return length <= LONGEST_COMMAND_LINE
        ? Optional.empty()
        : Optional.of(
            "ONNX Runtime crashes in a process whose command line is as long as "
                + length
                + " bytes; pass the class path in the environment variable CLASSPATH instead.");
  }

  private static int commandLineLength() {
    try {
      return Files.readAllBytes(COMMAND_LINE).length;
    } catch (IOException elsewhere) {
      return 0;
    }
  }
}
