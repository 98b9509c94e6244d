package org.viditq.cli.console;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.viditq.core.io.IoReason;

/**
 * Standard output that remembers whether it was written. {@link System#out} forgets: a result that
 * a full disk has swallowed would end as a success.
 */
public final class StandardOutput extends OutputStream {
  private final OutputStream stream;
  private final boolean pipe;
  private IOException failure;

  /**
   * @param pipe whether a reader may close it at any time, which is no failure
   */
  StandardOutput(OutputStream stream, boolean pipe) {
    this.stream = stream;
    this.pipe = pipe;
  }

  /** That of this process. */
  public static StandardOutput ofProcess() {
    return new StandardOutput(new FileOutputStream(FileDescriptor.out), isPipe());
  }

  /** Of what else is written, a write that fails is one that was not done. */
  private static boolean isPipe() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
      return target.startsWith("pipe:") || target.startsWith("socket:");
    } catch (IOException | UnsupportedOperationException unknown) {
      return false;
    }
  }

  /** Characters in UTF-8, flushed line by line. */
  public PrintWriter writer() {
    return new PrintWriter(new OutputStreamWriter(this, StandardCharsets.UTF_8), true);
  }

  /**
   * Why not all of it could be written, as a clause; empty if it was, or if whoever read it has
   * closed the pipe.
   */
  public Optional<String> failure() {
    return failure == null || pipe ? Optional.empty() : Optional.of(IoReason.of(failure));
  }

  @Override
  public void write(int value) {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    if (failure != null) {
      return;
    }
    try {
      stream.write(bytes, offset, length);
    } catch (IOException e) {
      failure = e;
    }
  }
}
