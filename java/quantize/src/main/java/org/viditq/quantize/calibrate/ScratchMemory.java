package org.viditq.quantize.calibrate;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.viditq.core.error.OutputException;
import org.viditq.core.io.IoReason;

/**
 * Memory outside of the heap that the system may write to a file when it needs the place: for what
 * a whole model has too much of, and a layer little. The file has no name once it is mapped, and
 * its space is free again when the buffer is no longer referenced or the process ends.
 */
public final class ScratchMemory {
  private ScratchMemory() {}

  /**
   * @param bytes at least 1
   * @return zeros, little-endian
   * @throws OutputException if the folder for temporary files has no place
   */
  public static ByteBuffer allocate(int bytes) {
    Path file = null;
    try {
      file = Files.createTempFile("viditq-scratch", null);
      try (FileChannel channel =
          FileChannel.open(
              file,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE)) {
        return channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes).order(ByteOrder.LITTLE_ENDIAN);
      }
    } catch (IOException e) {
      throw new OutputException(
          "Cannot keep "
              + bytes
              + " bytes in a temporary file"
              + (file == null ? "" : " " + file)
              + ": "
              + IoReason.of(e)
              + "; make room in the folder for temporary files, or name another one with"
              + " -Djava.io.tmpdir in JAVA_TOOL_OPTIONS.",
          e);
    }
  }
}
