package org.viditq.bench.report;

import java.nio.file.Path;
import org.viditq.core.io.AtomicOutput;
import picocli.CommandLine.Option;

/** Where models are written for as long as they are measured. */
public final class ScratchOption {
  @Option(
      names = "--scratch",
      paramLabel = "DIR",
      description = "Where models are written, and deleted again. Default: the temporary folder.")
  private Path scratch;

  /**
   * A folder that is deleted when it is closed.
   *
   * @param name that of the folder begins with
   * @throws org.viditq.core.error.OutputException if it cannot be made
   */
  public AtomicOutput folder(String name) {
    Path parent = scratch == null ? Path.of(System.getProperty("java.io.tmpdir")) : scratch;
    return AtomicOutput.folder(parent.resolve(name));
  }
}
