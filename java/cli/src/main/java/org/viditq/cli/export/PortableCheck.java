package org.viditq.cli.export;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import java.nio.file.Path;
import org.viditq.core.error.OutputException;

/** Lets ONNX Runtime read a graph of the portable dialect, which infers all types and shapes. */
final class PortableCheck {
  private PortableCheck() {}

  /**
   * @param file of the model, with the file of its constants beside it
   * @throws OutputException saying what ONNX Runtime finds wrong with it
   */
  static void require(Path file) {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.NO_OPT);
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
      OrtEnvironment.getEnvironment().createSession(file.toString(), options).close();
    } catch (OrtException refused) {
      throw new OutputException(
          "ONNX Runtime does not read the graph "
              + file.getFileName()
              + ": "
              + refused.getMessage().lines().findFirst().orElse("it gives no reason")
              + ".",
          refused);
    }
  }
}
