package org.viditq.cli.bundle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** A bundle as a folder. */
record FolderSink(Path folder) implements BundleSink {
  @Override
  public void add(String name, Path file, boolean executable) throws IOException {
    Path target = place(name);
    Files.copy(file, target);
    permit(target, executable);
  }

  @Override
  public void addText(String name, String text, boolean executable) throws IOException {
    Path target = place(name);
    Files.writeString(target, text);
    permit(target, executable);
  }

  @Override
  public void addLink(String name, String target) throws IOException {
    Files.createSymbolicLink(place(name), Path.of(target));
  }

  private Path place(String name) throws IOException {
    Path target = folder.resolve(name);
    Files.createDirectories(target.getParent());
    return target;
  }

  private static void permit(Path file, boolean executable) throws IOException {
    Files.setPosixFilePermissions(
        file, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
  }

  @Override
  public void close() {}
}
