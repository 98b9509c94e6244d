package org.viditq.cli.quantize;

import java.nio.file.Path;
import java.util.Optional;
import org.viditq.core.resume.FileStamp;
import org.viditq.quantize.calibrate.CalibrationStatistics;
import org.viditq.quantize.calibrate.CalibrationStatisticsFile;
import picocli.CommandLine.Option;

/** What calibration has seen. */
public final class StatisticsOption {
  @Option(
      names = "--stats",
      paramLabel = "FILE",
      description = "Calibration statistics, for plans that need them (see calibrate).")
  private Path file;

  /** Whether there is a file. */
  boolean given() {
    return file != null;
  }

  /** Fingerprint of the file, which goes into what is made with it; empty if there is none. */
  Optional<String> fingerprint() {
    return Optional.ofNullable(file).map(CalibrationStatisticsFile::fingerprint);
  }

  /**
   * Reads the file; empty if there is none.
   *
   * @throws org.viditq.core.error.InvalidCheckpointException if it does not hold statistics
   */
  public Optional<CalibrationStatistics> read() {
    return Optional.ofNullable(file).map(CalibrationStatisticsFile::read);
  }

  /** Tells the file from others; empty if there is none. */
  public String stamp() {
    return file == null ? "" : FileStamp.of(file);
  }

  /** For reports. */
  public String describe() {
    return file == null ? "none" : file.toString();
  }
}
