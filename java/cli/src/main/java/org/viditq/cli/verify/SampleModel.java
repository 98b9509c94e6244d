package org.viditq.cli.verify;

import java.nio.file.Path;

/** The bundled sample pipeline that the pipeline fixtures were made with. */
final class SampleModel {
  private SampleModel() {}

  /**
   * {@code samples/pixart-mini} of the project that the launcher started (system property {@code
   * viditq.home}), or of the working directory.
   */
  static Path folder() {
    return Path.of(System.getProperty("viditq.home", ""), "samples", "pixart-mini");
  }
}
