package org.viditq.cli.bundle;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import org.viditq.core.io.Sha256;

/** A stream that goes to one file, or to several of at most a size; hashes them on the way. */
final class PartedOutput extends OutputStream {
  private final Path folder;
  private final String name;
  private final OptionalLong partSize;
  private final Map<String, String> hashes = new LinkedHashMap<>();

  private OutputStream part;
  private String partName;
  private MessageDigest digest;
  private long written;

  /**
   * @param partSize of every part but the last, at least 1; empty for a single file of that name
   */
  PartedOutput(Path folder, String name, OptionalLong partSize) {
    this.folder = folder;
    this.name = name;
    this.partSize = partSize;
  }

  /** SHA-256 of the files in hexadecimal digits by their names, once the stream is closed. */
  Map<String, String> hashes() {
    return hashes;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    int from = offset;
    int left = length;
    while (left > 0) {
      if (part == null) {
        begin();
      }
      int now = (int) Math.min(left, partSize.orElse(Long.MAX_VALUE) - written);
      part.write(bytes, from, now);
      digest.update(bytes, from, now);
      written += now;
      from += now;
      left -= now;
      if (written == partSize.orElse(Long.MAX_VALUE)) {
        end();
      }
    }
  }

  private void begin() throws IOException {
    partName =
        partSize.isEmpty()
            ? name
            : String.format(Locale.ROOT, "%s.part%03d", name, hashes.size() + 1);
    part = Files.newOutputStream(folder.resolve(partName));
    digest = Sha256.begin();
    written = 0;
  }

  private void end() throws IOException {
    part.close();
    part = null;
    hashes.put(partName, HexFormat.of().formatHex(digest.digest()));
  }

  @Override
  public void close() {
    try {
      if (part != null) {
        end();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
