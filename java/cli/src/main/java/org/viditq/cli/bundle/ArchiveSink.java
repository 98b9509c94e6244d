package org.viditq.cli.bundle;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.compressors.gzip.GzipCompressorOutputStream;

/** A bundle as a tar.gz; equal contents give equal bytes. */
final class ArchiveSink implements BundleSink {
  private static final int PROGRAM = 0100755;
  private static final int FILE = 0100644;

  private final String top;
  private final TarArchiveOutputStream tar;

  /**
   * @param top folder that everything lies in
   * @param stream is closed with this
   */
  ArchiveSink(String top, OutputStream stream) throws IOException {
    this.top = top;
    this.tar = new TarArchiveOutputStream(new GzipCompressorOutputStream(stream), "UTF-8");
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
    tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
    tar.setAddPaxHeadersForNonAsciiNames(true);
  }

  @Override
  public void add(String name, Path file, boolean executable) throws IOException {
    begin(name, Files.size(file), executable);
    Files.copy(file, tar);
    tar.closeArchiveEntry();
  }

  @Override
  public void addText(String name, String text, boolean executable) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    begin(name, bytes.length, executable);
    tar.write(bytes);
    tar.closeArchiveEntry();
  }

  @Override
  public void addLink(String name, String target) throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(top + "/" + name, TarConstants.LF_SYMLINK);
    entry.setLinkName(target);
    entry.setModTime(0);
    tar.putArchiveEntry(entry);
    tar.closeArchiveEntry();
  }

  private void begin(String name, long size, boolean executable) throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(top + "/" + name);
    entry.setSize(size);
    entry.setMode(executable ? PROGRAM : FILE);
    entry.setModTime(0);
    tar.putArchiveEntry(entry);
  }

  @Override
  public void close() throws IOException {
    tar.close();
  }
}
